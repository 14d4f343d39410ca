import { expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { describeInBrowser, openTab, overflowOf, startForBrowser, violations } from '../support/browser.js';
import { rightPassword, type TestGatehouse } from '../support/gatehouse.js';
import { readMails } from '../support/mails.js';
import { visitorPaths, withRegistration } from '../support/shipped.js';

for (const javaScriptEnabled of [true, false]) {
  describeInBrowser(`visitor pages ${javaScriptEnabled ? 'with' : 'without'} scripts`, () => {
    test('somebody signs in, after a slip, and out again', async () => {
      const gatehouse = await startForBrowser();
      await gatehouse.addUser();
      const page = await openTab({ javaScriptEnabled });
      await page.goto(gatehouse.url);
      await fillIn(page, { username: 'user', password: 'not this one' });
      await page.waitForSelector('#field-password-error');
      expect(await page.inputValue('[name=username]')).toBe('user');
      expect(await page.inputValue('[name=password]')).toBe('');
      await fillIn(page, { password: rightPassword });
      await page.waitForURL((url) => url.pathname !== '/login' && !url.pathname.startsWith('/api'));
      const cookies = await page.context().cookies();
      expect(cookies.find(({ name }) => name === 'fe_typo_user')?.httpOnly).toBe(true);
    });

    test('somebody who forgot their password asks for a link', async () => {
      const gatehouse = await startForBrowser();
      await gatehouse.addUser();
      const page = await openTab({ javaScriptEnabled });
      await page.goto(`${gatehouse.url}/login`);
      await page.click('text=Forgot your password?');
      await fillIn(page, { email: 'nobody@example.com' });
      await page.waitForSelector('#field-email-error');
      await fillIn(page, { email: 'user@example.com' });
      await page.waitForURL('**/login/mail-sent?for=reset');
    });

    test('links from mails lead to pages with one button', async () => {
      const gatehouse = await startForBrowser({ config: { lockout: { attempts: 1 } } });
      await gatehouse.addUser();
      const page = await openTab({ javaScriptEnabled });
      await page.goto(`${gatehouse.url}/login/magic-link`);
      await fillIn(page, { email: 'user@example.com' });
      await page.waitForURL('**/login/mail-sent?for=magic');
      await page.goto(await lastLink(gatehouse));
      await page.click('main button.primary');
      await page.waitForURL('**/account');
      await page.click('text=Sign out');
      await page.waitForURL('**/login/signed-out');

      await gatehouse.agent().post('/api/login/logins/auth', { username: 'user', password: 'wrong' });
      await page.goto(`${gatehouse.url}/login`);
      await fillIn(page, { username: 'user', password: rightPassword });
      await page.waitForURL('**/account');
      await page.click('text=Sign out');
      await page.goto(await lastLink(gatehouse, '/login/unlock'));
      await page.click('main button.primary');
      await page.waitForSelector('text=Your account is unlocked.');

      await page.goto(`${gatehouse.url}/login/forgot-password`);
      await fillIn(page, { email: 'user@example.com' });
      await page.waitForURL('**/login/mail-sent?for=reset');
      await page.goto(await lastLink(gatehouse, '/login/reset-password'));
      await fillIn(page, { password: 'a fine new one', passwordConfirmation: 'a fine new one, no' });
      await page.waitForSelector('#field-passwordConfirmation-error');
      await fillIn(page, { password: 'a fine new one', passwordConfirmation: 'a fine new one' });
      await page.waitForSelector('text=Your new password is saved.');
    });

    test('a locked account says so, with a way out', async () => {
      const gatehouse = await startForBrowser({ config: { lockout: { attempts: 1 } } });
      await gatehouse.addUser();
      await gatehouse.agent().post('/api/login/logins/auth', { username: 'user', password: 'wrong' });
      const page = await openTab({ javaScriptEnabled });
      await page.goto(`${gatehouse.url}/login`);
      await fillIn(page, { username: 'user', password: rightPassword });
      await page.waitForSelector('text=This account is locked');
    });

    test('a visitor makes an account and proves the address', async () => {
      const gatehouse = await startForBrowser({ routes: withRegistration });
      const page = await openTab({ javaScriptEnabled });
      await page.goto(`${gatehouse.url}/login`);
      await page.click('text=Create an account');
      const weak = { password: 'password', passwordConfirmation: 'password' };
      await fillIn(page, { username: 'newcomer', email: 'new@example.com', ...weak });
      await page.waitForSelector('#field-password-error');
      expect(await page.inputValue('[name=username]')).toBe('newcomer');
      await fillIn(page, { password: 'a fine new one', passwordConfirmation: 'a fine new one' });
      await page.waitForURL('**/login/mail-sent?for=verify-email');
      await page.goto(await lastLink(gatehouse));
      await page.click('main button.primary');
      await page.waitForSelector('text=Your e-mail address is confirmed.');
      await fillIn(page, { username: 'newcomer', password: 'a fine new one' });
      await page.waitForURL('**/account');
    });

    test('a one-time link makes an account with one click, once', async () => {
      const gatehouse = await startForBrowser();
      await gatehouse.addUser({ username: 'root', email: 'root@example.com', admin: true });
      const root = await gatehouse.loggedIn('root');
      const { url } = (await root.post('/api/admin/one-time-accounts', {})).json as { url: string };
      const page = await openTab({ javaScriptEnabled });
      await page.goto(url);
      await page.click('main button.primary');
      await page.waitForURL('**/account');
      const other = await openTab({ javaScriptEnabled });
      await other.goto(url);
      await other.waitForSelector('text=This link does not work');
    });
  });
}

describeInBrowser('visitor pages', () => {
  test('a password is shown on demand and hidden again', async () => {
    const gatehouse = await startForBrowser();
    const page = await openTab();
    await page.goto(`${gatehouse.url}/login`);
    await page.fill('[name=password]', 'visible');
    await page.click('button[data-reveals]');
    expect(await page.getAttribute('[name=password]', 'type')).toBe('text');
    await page.click('button[data-reveals]');
    expect(await page.getAttribute('[name=password]', 'type')).toBe('password');
  });

  test('a server that does not answer loses nothing that was typed', async () => {
    const gatehouse = await startForBrowser();
    await gatehouse.addUser();
    const page = await openTab();
    await page.goto(`${gatehouse.url}/login`);
    await page.context().setOffline(true);
    await fillIn(page, { username: 'user', password: rightPassword });
    await page.waitForSelector('.told[role=alert]');
    expect(await page.inputValue('[name=username]')).toBe('user');
    await page.context().setOffline(false);
    await page.click('button.primary');
    await page.waitForURL((url) => url.pathname !== '/login');
  });

  test('screen readers find nothing amiss, on a telephone and in the dark', async () => {
    const gatehouse = await startForBrowser({ routes: withRegistration });
    for (const options of [{ viewport: { width: 360, height: 740 } }, { colorScheme: 'dark' as const }]) {
      const page = await openTab(options);
      for (const path of visitorPaths) {
        await page.goto(gatehouse.url + path);
        expect([path, await violations(page), await overflowOf(page)]).toEqual([path, [], 0]);
      }
    }
  });
});

async function fillIn(page: Page, fields: Record<string, string>): Promise<void> {
  for (const [name, value] of Object.entries(fields)) await page.fill(`main [name=${name}]`, value);
  await page.click('main button.primary');
}

/** The action of the newest mail, or of the newest that leads to `path`. */
async function lastLink(gatehouse: TestGatehouse, path = ''): Promise<string> {
  const texts = (await readMails(gatehouse)).map(({ text }) => /https?:\S+/.exec(text ?? '')?.[0] ?? '');
  return texts.findLast((link) => link.includes(`${path}?token=`)) ?? '';
}
