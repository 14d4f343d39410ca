import { test } from '@jest/globals';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { describeInBrowser, openTab, startForBrowser } from '../support/browser.js';
import type { TestGatehouse } from '../support/gatehouse.js';

/** `npm run screenshots` takes the README's pictures anew; the suite itself leaves them alone. */
const folder = process.env['SCREENSHOTS'] ? fileURLToPath(new URL('../screenshots/', import.meta.url)) : '';
const wanted = process.env['SCREENSHOTS']?.split(',').filter((name) => name !== 'all') ?? [];

interface Picture {
  name: string;
  path: string;
  /** what is done on the page before the picture is taken */
  act?: (page: Page, gatehouse: TestGatehouse) => Promise<unknown>;
}

const pictures: Picture[] = [
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
  { name: 'reset-password', path: '/login/reset-password?token=x' },
  { name: 'locked', path: '/login/locked' },
  { name: 'signed-out', path: '/login/signed-out' },
];

if (folder) {
  describeInBrowser('pictures', () => {
    test('of every page, by day and by night', async () => {
      mkdirSync(folder, { recursive: true });
      const gatehouse = await startForBrowser();
      for (const colorScheme of ['light', 'dark'] as const) {
        const page = await openTab({ colorScheme });
        for (const { name, path, act } of pictures) {
          if (wanted.length && !wanted.includes(name)) continue;
          await page.goto(gatehouse.url + path);
          await act?.(page, gatehouse);
          await page.screenshot({ path: join(folder, `${name}-${colorScheme}.png`), fullPage: true });
        }
      }
    }, 120_000);
  });
} else {
  test.skip('pictures are taken by `npm run screenshots`', () => {});
}
