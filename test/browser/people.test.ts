import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { describeInBrowser, openTab, overflowOf, startForBrowser, violations } from '../support/browser.js';
import { rightPassword, type TestGatehouse } from '../support/gatehouse.js';

const shipped = readFileSync(fileURLToPath(new URL('../../routes.yaml', import.meta.url)), 'utf8');

interface Scene {
  gatehouse: TestGatehouse;
  page: Page;
}

/** A server with `root` and `anna`, and a tab in which one of them is signed in. */
async function open(username: string, options = {}, routes?: string): Promise<Scene> {
  const gatehouse = await startForBrowser(routes === undefined ? {} : { routes });
  await gatehouse.addUser({ username: 'root', email: 'root@example.com', admin: true });
  await gatehouse.addUser({ username: 'anna', email: 'anna@example.com' });
  const page = await openTab(options);
  page.on('dialog', (dialog) => void dialog.accept());
  await page.goto(`${gatehouse.url}/login`);
  await signIn(page, username);
  await page.waitForURL('**/account');
  return { gatehouse, page };
}

async function signIn(page: Page, username: string): Promise<void> {
  await page.fill('main [name=username]', username);
  await page.fill('main [name=password]', rightPassword);
  await page.click('main button.primary');
}

const says = (page: Page, text: string): Promise<unknown> => page.locator('main').getByText(text).first().waitFor();

describeInBrowser('the account', () => {
  test('is changed: profile, password, other sessions', async () => {
    const { gatehouse, page } = await open('anna');
    await gatehouse.loggedIn('anna');
    await page.click('[aria-label="Change: Your profile"]');
    await page.fill('[name=firstName]', 'Anna <b>');
    await page.click('main button.primary');
    await says(page, 'Your profile is saved.');
    await says(page, 'Anna <b>');
    await page.click('text=End all others');
    await says(page, 'All other sessions have ended.');
    await page.click('[aria-label="Change: Change your password"]');
    await page.fill('[name=currentPassword]', rightPassword);
    await page.fill('[name=password]', 'short');
    await page.fill('[name=passwordConfirmation]', 'shorter');
    await page.click('main button.primary');
    await page.waitForSelector('#field-password-error');
    expect(await page.textContent('#field-passwordConfirmation-error')).toContain('differ');
    expect(await page.evaluate('document.activeElement.name')).toBe('password');
  });

  test('loses nothing that was typed when the session ends meanwhile', async () => {
    const { gatehouse, page } = await open('anna');
    await page.goto(`${gatehouse.url}/account/profile`);
    await page.fill('[name=company]', 'Long typed');
    gatehouse.clock.advance({ days: 3 });
    await page.click('main button.primary');
    await page.waitForSelector('main [name=username]');
    await signIn(page, 'anna');
    await page.waitForSelector('main [name=company]');
    expect(await page.inputValue('[name=company]')).toBe('Long typed');
    await page.click('main button.primary');
    await says(page, 'Your profile is saved.');
  });
});

describeInBrowser('the administration', () => {
  test('finds a user, switches them off, and acts as them with a way back', async () => {
    const { gatehouse, page } = await open('root');
    await page.click('nav >> text=Users');
    await page.fill('[name=search]', 'ann');
    await page.click('text=Show');
    await page.click('main >> text=anna');
    await page.click('text=Switch off');
    await says(page, 'The user is switched off.');
    await page.click('text=Switch on');
    await says(page, 'The user is switched on.');
    await page.click('text=Act as this user');
    await page.waitForSelector('text=You are acting as anna.');
    expect(await violations(page)).toEqual([]);
    await page.click('text=Back to your own account');
    await page.waitForURL(`${gatehouse.url}/admin/users`);
    expect(await page.locator('.acting').count()).toBe(0);
  });

  test('makes a user, reads the mail they got, makes a one-time link to copy', async () => {
    const { gatehouse, page } = await open('root');
    await page.goto(`${gatehouse.url}/admin/users/new`);
    await page.fill('[name=username]', 'anna');
    await page.fill('[name=email]', 'new@example.com');
    await page.click('main button.primary');
    await page.waitForSelector('#field-username-error');
    await page.fill('[name=username]', 'newcomer');
    await page.click('main button.primary');
    await says(page, 'the link is on its way');
    await page.click('nav >> text=Mails');
    await page.click('tr:has-text("new@example.com") >> text=Read');
    await says(page, '/login/reset-password?token=');
    await page.goto(`${gatehouse.url}/admin/one-time-account`);
    await page.click('main button.primary');
    expect(await page.inputValue('#link')).toContain('/one-time-account/');
    await page.click('button:has-text("Copy")');
    await page.waitForSelector('text=Copied');
  });

  test('ends a session, reads the log, lets somebody in again', async () => {
    const { gatehouse, page } = await open('root');
    await gatehouse.loggedIn('anna');
    const stranger = gatehouse.agent();
    for (let attempt = 0; attempt < 50; attempt += 1)
      await stranger.post('/api/login/magic-link', { email: 'nobody@example.com' });
    await page.click('nav >> text=Sessions');
    await page.click('tr:has-text("anna") >> text=End');
    await says(page, 'The session has ended.');
    await page.click('nav >> text=Blocked');
    await page.click('text=Let in again');
    await says(page, 'Nobody has to wait.');
    await page.click('nav >> text=Audit log');
    await page.fill('[name=user]', 'anna');
    await page.selectOption('[name=type]', 'sessionEnded');
    await page.click('main >> button:has-text("Show")');
    await says(page, 'by: root');
  });

  test('tries a route, sees what a change does, and writes it', async () => {
    const { gatehouse, page } = await open('root', {}, `${shipped}\n`);
    await page.goto(`${gatehouse.url}/admin/routes?search=ping`);
    await page.click('main >> a:has-text("/api/ping")');
    await page.click('text=Send');
    await page.waitForSelector('[data-answer]:has-text("pong")');
    await page.selectOption('[name=enabled]', 'false');
    await page.click('text=Show the difference');
    await page.waitForSelector('ins:has-text("enabled: false")');
    expect(await violations(page)).toEqual([]);
    await page.click('text=Write it');
    await says(page, 'The route is changed and in use.');
    expect((await gatehouse.agent().get('/api/ping')).status).toBe(404);
  });

  test('asks for the password again, and goes on where it was', async () => {
    const { gatehouse, page } = await open('root');
    gatehouse.clock.advance({ minutes: 40 });
    await page.goto(`${gatehouse.url}/admin/audit`);
    await says(page, 'Is it you?');
    expect(await violations(page)).toEqual([]);
    await page.fill('main [name=password]', rightPassword);
    await page.click('main button.primary');
    await page.waitForURL('**/admin/audit');
  });

  test('stands what people write, on a telephone and in the dark, for eyes and screen readers', async () => {
    const telephone = await open('root', { viewport: { width: 360, height: 740 } });
    const { gatehouse } = telephone;
    const evil = `<img src=x onerror="document.title='hacked'">`;
    await gatehouse.addUser({ username: 'שלום עולם', email: 'rtl@example.com', groups: [evil] });
    const long = await gatehouse.addUser({
      username: 'w'.repeat(255),
      email: 'long@example.com',
      firstName: 'x'.repeat(10_000),
    });
    await gatehouse.loggedIn('w'.repeat(255));
    await gatehouse.services.tell.settled();
    const dark = await openTab({ colorScheme: 'dark' });
    await dark.context().addCookies(await telephone.page.context().cookies());
    for (const path of [...paths, `/admin/users/${long.id}`]) {
      for (const page of [telephone.page, dark]) {
        await page.goto(gatehouse.url + path);
        expect([path, await violations(page), await overflowOf(page)]).toEqual([path, [], 0]);
        expect(await page.title()).not.toContain('hacked');
      }
    }
  }, 60_000);
});

const paths = [
  '/account',
  '/account/profile',
  '/account/password',
  '/account/email',
  '/admin',
  '/admin/users',
  '/admin/users/new',
  '/admin/one-time-account',
  '/admin/sessions',
  '/admin/audit',
  '/admin/mails',
  '/admin/throttles',
  '/admin/routes',
  '/admin/routes/login_logins-auth',
];
