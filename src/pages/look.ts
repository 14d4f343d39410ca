import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Handlebars from 'handlebars';
import type { Settings } from '../config/settings.js';
import { packageFolder } from '../lib/package-folder.js';
import { readSource, wrong } from '../lib/source.js';
import { parseYaml } from '../lib/yaml.js';
import { shipped, type Languages, type Texts } from './text.js';

/** How pages look and what they say: the shipped files, with those of `pages.templates` over them. Read once, at start. */
export interface Look {
  frame: (values: Record<string, unknown>) => string;
  styles: Record<Kind, string>;
  script: string;
  /** Content-Security-Policy by kind of page */
  policies: Record<Kind, string>;
  languages: Languages;
  icon: string;
}

/** `card`: a page that is one card. `wide`: a page with a bar on top and room for tables. */
export type Kind = 'card' | 'wide';

const shippedFolder = join(packageFolder, 'src/pages/templates');
const scriptFile = fileURLToPath(new URL('./look/script.js', import.meta.url));
const known = new WeakMap<Settings, Look>();

/** @throws Misconfiguration when a file of the user's folder cannot be used */
export function lookOf(settings: Settings): Look {
  const look = known.get(settings) ?? readLook(settings);
  known.set(settings, look);
  return look;
}

function readLook(settings: Settings): Look {
  const folder = settings.pages.templates;
  const own = (name: string): string =>
    folder && existsSync(join(folder, name)) ? readSource(join(folder, name)) : '';
  const ours = (name: string): string => readFileSync(join(shippedFolder, name), 'utf8');
  const chosen = (name: string): string => own(name) || ours(name);
  const card = slim(ours('theme.css') + chosen('style.css') + own('theme.css'));
  const styles = { card, wide: card + slim(chosen('wide.css')) };
  const script = bare(readFileSync(scriptFile, 'utf8'));
  return {
    frame: Handlebars.compile(chosen('frame.mustache'), { strict: true }),
    styles,
    script,
    policies: { card: policy(settings, styles.card, script), wide: policy(settings, styles.wide, script) },
    languages: folder ? withOwnTexts(folder) : shipped,
    icon: `data:image/svg+xml,${encodeURIComponent(gate.replace('currentColor', '#1f5f52'))}`,
  };
}

/** Blanks and comments are for whoever reads the file. */
function slim(css: string): string {
  return css
    .replaceAll(/\/\*[^]*?\*\//g, '')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/ ?([{};,]) ?/g, '$1')
    .replaceAll(';}', '}');
}

/** The script without indentation, comments and what the compiler adds: they are for whoever reads the file. */
function bare(script: string): string {
  const lines = script.split('\n').map((line) => line.trim());
  return lines.filter((line) => line !== '' && line !== 'export {};' && !/^(\/\/|\/\*\*.*\*\/$)/.test(line)).join('\n');
}

/**
 * Nothing but what we wrote runs or is loaded (ASVS 3.4.3). `form-action` names the origins a form may end at: Chromium
 * applies it to the redirect after a login as well.
 */
function policy({ redirects }: Settings, style: string, script: string): string {
  return [
    "default-src 'none'",
    `style-src '${hashOf(style)}'`,
    `script-src '${hashOf(script)}'`,
    "connect-src 'self'",
    "img-src 'self' data:",
    `form-action ${["'self'", ...redirects.origins].join(' ')}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}

/** `texts/<language>.yaml` of the folder: sentences that differ, or a language of one's own (what it lacks is English). */
function withOwnTexts(folder: string): Languages {
  const languages = new Map(shipped);
  const texts = join(folder, 'texts');
  for (const name of existsSync(texts) ? readdirSync(texts) : []) {
    const language = /^([a-z]{2,8}(?:-[a-z0-9]{1,8})*)\.ya?ml$/i.exec(name)?.[1]?.toLowerCase();
    if (language) languages.set(language, merged(languages.get(language) ?? shipped.get('en')!, join(texts, name)));
  }
  return languages;
}

function merged(base: Texts, file: string): Texts {
  const { value, place } = parseYaml(readSource(file), file);
  return over(base, value, '', (pointer, message) => wrong(place(pointer, 'key'), message)) as Texts;
}

type Tree = { [name: string]: string | Tree };

function over(base: Tree, own: unknown, pointer: string, no: (pointer: string, message: string) => Error): Tree {
  if (typeof own !== 'object' || own === null || Array.isArray(own)) throw no(pointer, 'a mapping of texts is needed');
  const result = { ...base };
  for (const [name, value] of Object.entries(own)) {
    const before = Object.hasOwn(base, name) ? base[name] : undefined;
    const at = `${pointer}/${name}`;
    if (before === undefined) throw no(at, `there is no text "${at.slice(1).replaceAll('/', '.')}"`);
    if (typeof before === 'string' && typeof value !== 'string') throw no(at, 'a text is needed');
    result[name] = typeof before === 'string' ? String(value) : over(before, value, at, no);
  }
  return result;
}

/** A gate: two posts, an arch, an open way. */
export const gate =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" aria-hidden="true"><path d="M3 21V11a9 9 0 0 1 18 0v10M2 21h5M17 21h5M8 21v-9a4 4 0 0 1 8 0v9"/></svg>';
