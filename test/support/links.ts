import type { TestGatehouse } from './gatehouse.js';
import { readMails } from './mails.js';

/** The token of the newest mail that links to this page. */
export async function mailedToken(gatehouse: TestGatehouse, page: string): Promise<string> {
  const texts = (await readMails(gatehouse)).map(({ text }) => text ?? '');
  const token = texts.map((text) => text.split(`${page}?token=`)[1]?.slice(0, 43)).findLast(Boolean);
  if (!token) throw new Error(`no mail links to ${page}`);
  return token;
}

/** The same token with one character changed. */
export function changed(token: string): string {
  return token.slice(0, -2) + (token.at(-2) === 'A' ? 'B' : 'A') + token.at(-1)!;
}
