import type { Client } from './connect.js';

/**
 * Hash tags: what one script touches shares one, so that it is on one node of a cluster. A few are enough to spread
 * over the nodes, and few enough to ask all of them.
 */
const count = 16;

export const everyTag = (name: string): string[] => Array.from({ length: count }, (_, number) => `{${name}${number}}`);

export function tagOf(name: string, key: string): string {
  let value = 0;
  for (let index = 0; index < key.length; index++) value = (value * 31 + key.charCodeAt(index)) % 65_521;
  return `{${name}${value % count}}`;
}

/** The scripts as functions; each takes one key and its values. */
export function commandsOf<C>(client: Client, group: string, scripts: Record<keyof C & string, string>): C {
  const entries = Object.entries<string>(scripts).map(([name, lua]) => {
    const command = `${group}:${name}`;
    client.defineCommand(command, { numberOfKeys: 1, lua });
    const defined = (client as unknown as Record<string, (...parts: unknown[]) => unknown>)[command]!;
    return [name, (...parts: unknown[]) => defined.apply(client, parts)];
  });
  return Object.fromEntries(entries) as C;
}
