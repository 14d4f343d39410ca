import { test } from '@jest/globals';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { describeInBrowser, openTab, startForBrowser } from '../support/browser.js';
import { smaller } from '../support/picture.js';
import { rightPassword, type TestGatehouse } from '../support/gatehouse.js';
import { withRegistration } from '../support/shipped.js';

/** `npm run screenshots` takes the README's pictures anew; the suite itself leaves them alone. */
const folder = process.env['SCREENSHOTS'] ? fileURLToPath(new URL('../screenshots/', import.meta.url)) : '';
const wanted = process.env['SCREENSHOTS']?.split(',').filter((name) => name !== 'all') ?? [];

interface Picture {
  name: string;
  path: string;
  /** what is done on the page before the picture is taken */
  act?: (page: Page, gatehouse: TestGatehouse) => Promise<unknown>;
}

const visitor: Picture[] = [
  { name: 'login', path: '/login' },
  {
    name: 'login-wrong',
    path: '/login',
    async act(page) {
      await page.fill('[name=username]', 'anna');
      await page.fill('[name=password]', 'guess');
      await page.click('button.primary');
      await page.waitForSelector('[aria-invalid]');
    },
  },
  { name: 'forgot-password', path: '/login/forgot-password' },
  { name: 'mail-sent', path: '/login/mail-sent?for=reset' },
  { name: 'magic-link', path: '/login/magic-link' },
  { name: 'register', path: '/login/register' },
  { name: 'locked', path: '/login/locked' },
  { name: 'signed-out', path: '/login/signed-out' },
];

const signedIn: Picture[] = [
  { name: 'account', path: '/account' },
  { name: 'account-profile', path: '/account/profile' },
  { name: 'account-password', path: '/account/password' },
  { name: 'account-email', path: '/account/email' },
  { name: 'admin', path: '/admin' },
  { name: 'admin-users', path: '/admin/users' },
  { name: 'admin-user', path: '/admin/users/2' },
  { name: 'admin-new-user', path: '/admin/users/new' },
  { name: 'admin-one-time-account', path: '/admin/one-time-account', act: (page) => page.click('main button.primary') },
  { name: 'admin-sessions', path: '/admin/sessions' },
  { name: 'admin-audit', path: '/admin/audit' },
  { name: 'admin-mails', path: '/admin/mails' },
  { name: 'admin-throttles', path: '/admin/throttles' },
  { name: 'admin-routes', path: '/admin/routes?search=login' },
  {
    name: 'admin-route',
    path: '/admin/routes/login_logins-auth',
    async act(page) {
      await page.fill('[name=middleware]', 'throttle:20,10');
      await page.click('text=Show the difference');
      await page.waitForSelector('pre.diff');
    },
  },
];

/** The whole page, but for the end of a very long one: pictures are for looking. */
function whole(height: number) {
  return { fullPage: true, clip: { x: 0, y: 0, width: 960, height: Math.min(height, 1100) } };
}

/** People, sessions, mails and refusals, so that there is something to see. */
async function furnish(gatehouse: TestGatehouse): Promise<void> {
  await gatehouse.addUser({
    username: 'root',
    email: 'root@example.com',
    firstName: 'Rita',
    lastName: 'Root',
    admin: true,
  });
  const people = ['anna', 'bert', 'chloé', 'dmitri', 'eva', 'farid', 'שרה', 'hanna', 'igor', 'jun'];
  for (const username of people) {
    const groups = username < 'd' ? ['editors'] : [];
    await gatehouse.addUser({ username, email: `${people.indexOf(username)}@example.com`, groups });
  }
  await gatehouse.loggedIn('anna');
  const stranger = gatehouse.agent({ 'User-Agent': 'Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/140.0' });
  for (let hour = 0; hour < 20; hour += 1) {
    for (let count = 0; count < (hour * 7) % 5; count += 1)
      await stranger.post('/api/login/logins/auth', { username: 'bert', password: 'guess' });
    await gatehouse.services.tell.settled();
    gatehouse.clock.advance({ minutes: 30 });
  }
  await gatehouse.loggedIn('eva');
  for (let attempt = 0; attempt < 51; attempt += 1)
    await stranger.post('/api/login/magic-link', { email: 'nobody@example.com' });
  await stranger.post('/api/login/reset-password-link', { email: '1@example.com' });
  await gatehouse.services.tell.settled();
}

if (folder) {
  describeInBrowser('pictures', () => {
    test('of every page, by day and by night', async () => {
      mkdirSync(folder, { recursive: true });
      const gatehouse = await startForBrowser();
      const open = await startForBrowser({ routes: withRegistration });
      await furnish(gatehouse);
      for (const colorScheme of ['light', 'dark'] as const) {
        const page = await openTab({ colorScheme, viewport: { width: 960, height: 640 } });
        const shoot = async ({ name, path, act }: Picture, from = gatehouse): Promise<void> => {
          if (wanted.length && !wanted.includes(name)) return;
          await page.goto(from.url + path);
          await act?.(page, gatehouse);
          await page.waitForTimeout(50);
          const picture = await page.screenshot(whole(await page.evaluate('document.documentElement.scrollHeight')));
          writeFileSync(join(folder, `${name}-${colorScheme}.png`), smaller(picture));
        };
        for (const picture of visitor) await shoot(picture, open);
        await page.goto(`${gatehouse.url}/login`);
        await page.fill('[name=username]', 'root');
        await page.fill('[name=password]', rightPassword);
        await page.click('button.primary');
        await page.waitForURL('**/account');
        for (const picture of signedIn) await shoot(picture);
      }
    }, 300_000);
  });
} else {
  test.skip('pictures are taken by `npm run screenshots`', () => {});
}
