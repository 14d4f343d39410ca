import { expect, test } from '@jest/globals';
import { gzipSync } from 'node:zlib';
import { startTestGatehouse } from '../support/gatehouse.js';
import type { Agent } from '../support/agent.js';
import { visitorPaths, withRegistration } from '../support/shipped.js';

const browser = { Accept: 'text/html', 'Accept-Language': 'de' };

/** A page is one answer: style, script and picture stand in it. */
async function sizesOf(agent: Agent, paths: string[]): Promise<{ path: string; bytes: number; packed: number }[]> {
  const sizes = [];
  for (const path of paths) {
    const { text } = await agent.get(path, browser);
    expect([path, /(src|href)="(?!\/|\?|#|data:)|url\(/.exec(text)?.[0]]).toEqual([path, undefined]);
    sizes.push({ path, bytes: Buffer.byteLength(text), packed: gzipSync(text).length });
  }
  if (process.env['SHOW_FIGURES']) process.stderr.write(`${JSON.stringify(sizes)}\n`);
  return sizes;
}

test('every page for visitors is less than 30 kB as it is sent, with all that belongs to it', async () => {
  const { agent } = await startTestGatehouse({ routes: withRegistration });
  for (const { path, bytes } of await sizesOf(agent(), visitorPaths)) {
    expect({ path, bytes, small: bytes < 30_000 }).toEqual({ path, bytes, small: true });
  }
});

const signedIn = [
  '/account',
  '/account/profile',
  '/account/password',
  '/account/email',
  '/admin',
  '/admin/users',
  '/admin/users/1',
  '/admin/users/new',
  '/admin/one-time-account',
  '/admin/sessions',
  '/admin/audit',
  '/admin/mails',
  '/admin/throttles',
  '/admin/routes?search=ping',
  '/admin/routes/login_logins-auth',
];

test('the account and the administration are less than 30 kB each, as long as their lists are short', async () => {
  const gatehouse = await startTestGatehouse();
  await gatehouse.addUser({ username: 'root', email: 'root@example.com', admin: true });
  for (const { path, bytes } of await sizesOf(await gatehouse.loggedIn('root'), signedIn)) {
    expect({ path, bytes, small: bytes < 30_000 }).toEqual({ path, bytes, small: true });
  }
});
