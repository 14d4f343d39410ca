import { readdirSync } from 'node:fs';

/** File patterns as shells and Symfony know them: `*`, `**`, `?`, `{a,b}`, `[ab]`. */
export function isGlob(path: string): boolean {
  return /[*?{[]/.test(path);
}

export function globPattern(glob: string): RegExp {
  const tokens = glob.match(/\*\*\/?|\*|\?|\{[^}]*\}|\[[^\]]*\]|[^]/g) ?? [];
  return new RegExp(`^${tokens.map(tokenPattern).join('')}$`, 's');
}

function tokenPattern(token: string): string {
  if (token === '**/') return '(?:.*/)?';
  if (token === '**') return '.*';
  if (token === '*') return '[^/]*';
  if (token === '?') return '[^/]';
  if (token.length > 1 && token.startsWith('{')) return `(?:${token.slice(1, -1).split(',').map(escaped).join('|')})`;
  if (token.length > 1 && token.startsWith('['))
    return `[${token.slice(1, -1).replace(/^!/, '^').replaceAll('\\', '\\\\')}]`;
  return escaped(token);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** The files a pattern means, sorted by name. */
export function filesLike(pattern: string): string[] {
  const fixed = pattern.slice(0, pattern.search(/[*?{[]/));
  const folder = fixed.slice(0, fixed.lastIndexOf('/') + 1);
  const expression = globPattern(pattern);
  try {
    const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    return names
      .map((name) => folder + name)
      .filter((path) => expression.test(path))
      .sort();
  } catch {
    return [];
  }
}
