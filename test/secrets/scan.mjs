/** `node test/secrets/scan.mjs FOLDER`: whether what a test run printed (see test/support/record.ts) holds a secret it used. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { leaksIn } from './forms.mjs';

const folder = process.argv[2];
const named = (ending) => readdirSync(folder).filter((name) => name.endsWith(ending));
const read = (name) => readFileSync(join(folder, name), 'utf8');

const secrets = new Set(
  named('.secrets').flatMap((name) =>
    read(name)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ),
);
const outputs = named('.output').map(read);
const leaks = outputs.flatMap((text) =>
  leaksIn(text, secrets).flatMap((secret) => text.split('\n').find((line) => leaksIn(line, [secret]).length > 0) ?? []),
);

const size = Math.round(outputs.reduce((sum, { length }) => sum + length, 0) / 1e6);
process.stdout.write(`${secrets.size} secrets were used; ${leaks.length} lines of ${size} MB of output hold one\n`);
for (const line of leaks.slice(0, 20)) process.stderr.write(`${line.slice(0, 500)}\n`);
// nothing recorded means that nobody looked
process.exitCode = leaks.length > 0 || secrets.size < 100 || size < 1 ? 1 : 0;
