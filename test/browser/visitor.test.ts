import { expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { describeInBrowser, openTab, overflowOf, startForBrowser, violations } from '../support/browser.js';
import { rightPassword } from '../support/gatehouse.js';

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
    await page.waitForSelector('.no-answer[role=alert]');
    expect(await page.inputValue('[name=username]')).toBe('user');
    await page.context().setOffline(false);
    await page.click('button.primary');
    await page.waitForURL((url) => url.pathname !== '/login');
  });

  test('screen readers find nothing amiss, on a telephone and in the dark', async () => {
    const gatehouse = await startForBrowser();
    for (const options of [{ viewport: { width: 360, height: 740 } }, { colorScheme: 'dark' as const }]) {
      const page = await openTab(options);
      for (const path of visitorPaths) {
        await page.goto(gatehouse.url + path);
        expect([path, await violations(page), await overflowOf(page)]).toEqual([path, [], 0]);
      }
    }
  });
});

const visitorPaths = [
  '/login',
  '/login/forgot-password',
  '/login/mail-sent?for=reset',
  '/login/reset-password?token=x',
  '/login/locked',
  '/login/signed-out',
];

async function fillIn(page: Page, fields: Record<string, string>): Promise<void> {
  for (const [name, value] of Object.entries(fields)) await page.fill(`main [name=${name}]`, value);
  await page.click('main button.primary');
}
