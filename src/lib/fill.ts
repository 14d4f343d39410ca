import { didYouMean } from './suggest.js';

const placeholder = /\{([A-Za-z_]\w*)\}/g;

/** Puts parameters into a text: `/users/{id}`. Each value goes through `encode` first. */
export function fill(
  text: string,
  values: Record<string, string | undefined>,
  encode: (value: string) => string,
): string {
  return text.replaceAll(placeholder, (whole, name: string) =>
    Object.hasOwn(values, name) ? encode(values[name] ?? '') : whole,
  );
}

/** The same for every text inside a value; `JSON.stringify` does the escaping. */
export function fillDeep(value: unknown, values: Record<string, string | undefined>): unknown {
  if (typeof value === 'string') return fill(value, values, (text) => text);
  if (Array.isArray(value)) return value.map((item) => fillDeep(item, values));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fillDeep(item, values)]));
}

/** The names that a value asks for, wherever in it. */
export function placeholders(value: unknown): string[] {
  if (typeof value === 'string') return [...value.matchAll(placeholder)].map((match) => match[1]!);
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(placeholders);
  return [];
}

/** What is wrong with a placeholder that no parameter fills; undefined = nothing. */
export function unknownPlaceholder(value: unknown, known: string[]): string | undefined {
  const wrong = placeholders(value).find((name) => !known.includes(name));
  return wrong && `there is no parameter "${wrong}" in the path${didYouMean(wrong, known)}`;
}
