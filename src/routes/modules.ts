/** A user's own code: `./handlers/hello.js#hello`. */
const modulePattern = /^(\.{1,2}\/[^#]+\.m?js)#([A-Za-z_$][\w$]*)$/;

/** It is meant as a file, whether it is written well or not. */
export function isModuleWord(word: string): boolean {
  return /^\.{0,2}\//.test(word) || /\.[mc]?[jt]s\b/.test(word);
}

export function moduleParts(word: string): { path: string; name: string } | undefined {
  const match = modulePattern.exec(word);
  return match ? { path: match[1]!, name: match[2]! } : undefined;
}

/** What is wrong with the word itself; whether the module runs is seen when it is imported. */
export function moduleMistake(word: string, exists: (path: string) => boolean): string | undefined {
  const parts = moduleParts(word);
  if (parts) return exists(parts.path) ? undefined : `there is no file "${parts.path}" beside this one`;
  if (/\.[cm]?ts\b/.test(word)) return 'a module is JavaScript (.js, .mjs); compile TypeScript first';
  if (!word.includes('#')) return `name the export too: "${word}#myExport"`;
  if (!word.startsWith('.')) return `a module's path begins with "./" and is relative to this file, got "${word}"`;
  return `a module is written ./file.js#export, got "${word}"`;
}
