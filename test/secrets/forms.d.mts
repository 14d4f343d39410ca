export function formsOf(secret: string): Set<string>;
export function leaksIn(text: string, secrets: Iterable<string>): string[];
