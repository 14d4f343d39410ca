import { afterAll, describe } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { startTestGatehouse, type TestGatehouse, type TestOptions } from './gatehouse.js';
import { freePort } from './ports.js';

/** Path of a Chromium; without it the suites that need a browser say so and do nothing. */
const executablePath = process.env['TEST_CHROMIUM'];

const quiet = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // a plain http address that is not loopback: a browser says less of its requests there
  '--host-resolver-rules=MAP gatehouse.test 127.0.0.1',
];

let browser: Promise<Browser> | undefined;

/** `describe`, where a browser is at hand; one line about the skipping otherwise. */
export function describeInBrowser(title: string, tests: () => void): void {
  if (executablePath) return describe(title, tests);
  process.stderr.write(`skipped: ${title} (TEST_CHROMIUM is not set)\n`);
  describe.skip(title, tests);
}

/** A tab of its own, without cookies. One browser serves the whole file. */
export async function openTab(options: BrowserContextOptions = {}): Promise<Page> {
  browser ??= chromium.launch({ executablePath: executablePath!, args: quiet });
  const context = await (
    await browser
  ).newContext({ locale: 'en-GB', viewport: { width: 1100, height: 760 }, ...options });
  context.setDefaultTimeout(5000);
  return context.newPage();
}

afterAll(async () => {
  if (browser) await (await browser).close();
});

/** A real server whose public URL is the address the browser uses: forms are refused from anywhere else. */
export async function startForBrowser(options: TestOptions = {}, host = '127.0.0.1'): Promise<TestGatehouse> {
  const port = await freePort();
  const env = { PORT: String(port), PUBLIC_URL: `http://${host}:${port}`, ...options.env };
  return { ...(await startTestGatehouse({ ...options, env })), url: env.PUBLIC_URL };
}

/** What axe-core finds wrong on the page as it stands, one line each; `[]` is what we want. */
export async function violations(page: Page): Promise<string[]> {
  const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  // the page's policy lets nothing in; the debugger's own way does not ask it
  await page.evaluate(source);
  const found = (await page.evaluate('axe.run()')) as { violations: Violation[] };
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(' | ')}`);
}

/** How far the page reaches beyond the window. */
export function overflowOf(page: Page): Promise<number> {
  return page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
}

interface Violation {
  id: string;
  nodes: { html: string }[];
}
