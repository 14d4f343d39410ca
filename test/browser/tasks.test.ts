import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { describeInBrowser, openTab, startForBrowser } from '../support/browser.js';
import { rightPassword, type TestGatehouse } from '../support/gatehouse.js';
import { giveUpAMail, readMails } from '../support/mails.js';

const shipped = readFileSync(fileURLToPath(new URL('../../routes.yaml', import.meta.url)), 'utf8');

/** A server with `root` and `anna`. */
async function start(options = {}, host?: string): Promise<TestGatehouse> {
  const gatehouse = await startForBrowser(options, host);
  await gatehouse.addUser({ username: 'root', email: 'root@example.com', admin: true });
  await gatehouse.addUser({ username: 'anna', email: 'anna@example.com' });
  return gatehouse;
}

/** A tab in which `root` is signed in, as somebody who has never seen the product: they read what stands there. */
async function openAsRoot({ url }: TestGatehouse, options = {}): Promise<Page> {
  const page = await openTab(options);
  page.on('dialog', (dialog) => void dialog.accept());
  await page.goto(`${url}/login`);
  await page.getByLabel('User name').fill('root');
  await page.getByLabel('Password', { exact: true }).fill(rightPassword);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL('**/account');
  return page;
}

const menu = (page: Page, name: string) =>
  page.getByRole('navigation').getByRole('link', { name, exact: true }).click();
const press = (page: Page, name: string) => page.getByRole('main').getByRole('button', { name, exact: true }).click();
const reads = (page: Page, text: string) => page.getByRole('main').getByText(text).first().waitFor();

describeInBrowser('an administrator who reads nothing but the page', () => {
  test('sees that somebody is locked, lets them in, sends them a password link, ends their sessions', async () => {
    const gatehouse = await start({ config: { lockout: { attempts: 1 } } });
    await gatehouse.loggedIn('anna');
    await gatehouse.agent().post('/api/login/logins/auth', { username: 'anna', password: 'a guess' });
    const page = await openAsRoot(gatehouse);
    await menu(page, 'Overview');
    await reads(page, 'all in order');
    await reads(page, '1 locked');
    await menu(page, 'Blocked');
    await page.getByRole('link', { name: 'Accounts locked by wrong passwords' }).click();
    await page.getByRole('link', { name: 'anna' }).click();
    await press(page, 'Unlock');
    await reads(page, 'The account is unlocked.');
    await gatehouse.loggedIn('anna');
    await press(page, 'Send a password link');
    await reads(page, 'The link is on its way.');
    const letters = (await readMails(gatehouse)).map(({ text }) => text ?? '');
    expect(letters.some((text) => text.includes('/login/reset-password?token='))).toBe(true);
    await press(page, 'End all sessions');
    await reads(page, 'All sessions of the user have ended.');
    await reads(page, 'Not signed in anywhere.');
  });

  test('finds out why a login failed, sends a mail again, and sees that a given-up mail needs a look', async () => {
    const gatehouse = await start();
    await gatehouse.agent().post('/api/login/logins/auth', { username: 'anna', password: 'a guess' });
    await gatehouse.services.tell.settled();
    const page = await openAsRoot(gatehouse);
    await menu(page, 'Audit log');
    await page.getByLabel('What happened').selectOption('Sign-in failed');
    await press(page, 'Show');
    await reads(page, 'reason: wrong-password');
    await giveUpAMail(gatehouse, 'mailbox unavailable');
    await menu(page, 'Overview');
    await reads(page, 'needs a look');
    await menu(page, 'Mails');
    await reads(page, 'mailbox unavailable');
    await press(page, 'Send again');
    await reads(page, 'The mail is being sent.');
  });

  test('changes the numbers of a throttle', async () => {
    const gatehouse = await start({ routes: shipped });
    const page = await openAsRoot(gatehouse);
    await menu(page, 'Routes');
    await page.getByLabel('Search').fill('magic');
    await press(page, 'Show');
    await page.getByRole('link', { name: '/api/login/magic-link', exact: true }).click();
    await page.getByLabel('Middleware').fill('throttle:1,1');
    await press(page, 'Show the difference');
    await press(page, 'Write it');
    await reads(page, 'The route is changed and in use.');
    const stranger = gatehouse.agent();
    const ask = () => stranger.post('/api/login/magic-link', { email: 'nobody@example.com' });
    expect([(await ask()).status, (await ask()).status]).toEqual([422, 429]);
  });
});

describeInBrowser('two administrators', () => {
  test('who change the same user: the second reads so, and keeps what they typed', async () => {
    const gatehouse = await start();
    const [first, second] = [await openAsRoot(gatehouse), await openAsRoot(gatehouse)];
    for (const page of [first, second]) await page.goto(`${gatehouse.url}/admin/users/2`);
    await first.getByLabel('First name').fill('Ada');
    await press(first, 'Save');
    await reads(first, 'The user is changed.');
    await second.getByLabel('First name').fill('Eve');
    await press(second, 'Save');
    await reads(second, 'Somebody else changed this meanwhile.');
    expect(await second.getByLabel('First name').inputValue()).toBe('Eve');
  });

  test('who change the same route: the second reads so and looks again', async () => {
    const gatehouse = await start({ routes: shipped });
    const [first, second] = [await openAsRoot(gatehouse), await openAsRoot(gatehouse)];
    for (const page of [first, second]) {
      await page.goto(`${gatehouse.url}/admin/routes/routes_ping`);
      await page.getByLabel('State').selectOption('off');
      await press(page, 'Show the difference');
      await page.locator('ins').waitFor();
    }
    await press(first, 'Write it');
    await reads(first, 'The route is changed and in use.');
    await press(second, 'Write it');
    await reads(second, 'Somebody else changed this meanwhile.');
    expect(await second.getByLabel('State').inputValue()).toBe('false');
  });
});

describeInBrowser('a session that ends while an administrator types', () => {
  test('is begun again, and the form comes back as it was', async () => {
    const gatehouse = await start();
    const page = await openAsRoot(gatehouse);
    await page.goto(`${gatehouse.url}/admin/users/new`);
    await page.getByLabel('User name').fill('newcomer');
    await page.getByLabel('E-mail address').fill('new@example.com');
    gatehouse.clock.advance({ days: 2 });
    await press(page, 'Make the user and send the link');
    await reads(page, 'What you typed is kept.');
    await page.getByLabel('User name').fill('root');
    await page.getByLabel('Password', { exact: true }).fill(rightPassword);
    await press(page, 'Sign in');
    await page.getByRole('heading', { name: 'New user' }).waitFor();
    expect(await page.getByLabel('User name').inputValue()).toBe('newcomer');
    await press(page, 'Make the user and send the link');
    await reads(page, 'the link is on its way');
  });
});

describeInBrowser('an API that is slow or fails', () => {
  test('the page says that it waits, then that nothing came, keeps what was typed and can try again', async () => {
    const gatehouse = await start();
    const page = await openAsRoot(gatehouse);
    await page.goto(`${gatehouse.url}/admin/users/2`);
    await page.getByLabel('First name').fill('Ada');
    const held = await holdBack(page, '**/api/admin/users/2*');
    await press(page, 'Save');
    await page.getByRole('status').waitFor();
    held.breakOff();
    await page.getByRole('alert').waitFor();
    expect(await page.getByLabel('First name').inputValue()).toBe('Ada');
    await held.letGo();
    await press(page, 'Save');
    await reads(page, 'The user is changed.');
  });

  test('a proxy’s own error page is told as no answer', async () => {
    const gatehouse = await start();
    const page = await openAsRoot(gatehouse);
    await page.goto(`${gatehouse.url}/admin/users/2`);
    await page.route('**/api/admin/users/2*', (route) => route.fulfill({ status: 502, body: 'Bad Gateway' }));
    await press(page, 'Save');
    await page.getByRole('alert').waitFor();
    await page.unrouteAll();
    await press(page, 'Save');
    await reads(page, 'The user is changed.');
  });
});

/** Requests to `pattern` get no answer until they are broken off. */
async function holdBack(page: Page, pattern: string) {
  let breakOff = (): void => {};
  await page.route(pattern, (route) => void (breakOff = () => void route.abort()));
  return { breakOff: () => breakOff(), letGo: () => page.unrouteAll() };
}

for (const javaScriptEnabled of [true, false]) {
  describeInBrowser(
    `on plain http, with csrf.require: token, ${javaScriptEnabled ? 'with' : 'without'} scripts`,
    () => {
      test('forms of the account and the administration work', async () => {
        const gatehouse = await start({ config: { csrf: { require: 'token' } } }, 'gatehouse.test');
        const page = await openAsRoot(gatehouse, { javaScriptEnabled });
        await page.goto(`${gatehouse.url}/account/profile`);
        await page.getByLabel('Company').fill('Harbour');
        await press(page, 'Save');
        await reads(page, 'Your profile is saved.');
        await page.goto(`${gatehouse.url}/admin/users/2`);
        await press(page, 'Switch off');
        await reads(page, 'The user is switched off.');
        await page.getByRole('banner').getByRole('button', { name: 'Sign out' }).click();
        await page.waitForURL('**/login/signed-out');
      });
    },
  );
}
