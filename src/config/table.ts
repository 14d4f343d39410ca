import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pointerText } from '../lib/pointer.js';
import { shippedConfig } from './load.js';
import { leaves } from './schema.js';

export interface SettingRow {
  /** `session.cookie.name` */
  name: string;
  /** as default.yaml writes it: `${PORT:-3000}`, `[cookie]` */
  default: string;
  comment: string;
}

/** default.yaml as a table, for the README and the tests: one row a setting, with the comment that stands above it. */
export function settingsTable(file = join(shippedConfig, 'default.yaml')): SettingRow[] {
  const rows: SettingRow[] = [];
  const path: { indent: number; name: string }[] = [];
  let comment: string[] = [];
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    const said = /^ *# ?(.*)/.exec(line);
    const [, indent, name, value] = /^( *)([^\s#:]+):(?: +(.*))?$/.exec(line) ?? [];
    if (said) comment.push(said[1]!);
    else comment = name ? comment : [];
    if (!name) continue;
    while (path.length > 0 && path.at(-1)!.indent >= indent!.length) path.pop();
    path.push({ indent: indent!.length, name });
    addRow(rows, path.map((step) => step.name).join('.'), value ?? '', comment.join(' '));
    comment = [];
  }
  return rows;
}

const names = new Set([...leaves.keys()].map(pointerText));

/** What stands below an open mapping is part of its default. */
function addRow(rows: SettingRow[], name: string, value: string, comment: string): void {
  const last = rows.at(-1);
  if (names.has(name)) rows.push({ name, default: value, comment });
  else if (last && name.startsWith(`${last.name}.`)) {
    const before = last.default === '' ? '' : `${last.default.slice(1, -1)}, `;
    last.default = `{${before}${name.slice(last.name.length + 1)}: ${value}}`;
  }
}
