import { de } from './texts/de.js';
import { en, type Texts } from './texts/en.js';

export type { Texts };

/** A language's texts by its BCP 47 name. */
export type Languages = ReadonlyMap<string, Texts>;

export const shipped: Languages = new Map([
  ['en', en],
  ['de', de],
]);

/** `{name}` is filled in; what has no value stays as it is written. */
export function fill(text: string, values: Record<string, string | number | undefined> = {}): string {
  return text.replaceAll(/\{(\w+)\}/g, (written, name: string) => String(values[name] ?? written));
}

const rightToLeft = new Set(['ar', 'dv', 'fa', 'he', 'ku', 'ps', 'ur', 'yi']);

export function directionOf(language: string): 'ltr' | 'rtl' {
  return rightToLeft.has(language.split('-')[0]!.toLowerCase()) ? 'rtl' : 'ltr';
}

/** The best of what is there for `wanted`, most wanted first: the language itself, else its main one. */
export function chooseLanguage(languages: Languages, wanted: readonly string[], fallback: string): string {
  for (const tag of wanted) {
    const found = [tag.toLowerCase(), tag.split('-')[0]!.toLowerCase()].find((name) => languages.has(name));
    if (found) return found;
  }
  return languages.has(fallback) ? fallback : 'en';
}

/** "3 minutes": in the largest unit that says it without a fraction worth telling. */
export function waitText(language: string, seconds: number): string {
  if (seconds < 90) return unitText(language, seconds, 'second');
  if (seconds < 90 * 60) return unitText(language, Math.ceil(seconds / 60), 'minute');
  return unitText(language, Math.ceil(seconds / 3600), 'hour');
}

function unitText(language: string, count: number, unit: 'second' | 'minute' | 'hour'): string {
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(count);
}
