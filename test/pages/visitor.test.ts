import { expect, test } from '@jest/globals';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { rightPassword, startTestGatehouse, temporaryFolder, type TestGatehouse } from '../support/gatehouse.js';
import type { Agent, Answer } from '../support/agent.js';
import { withRegistration } from '../support/shipped.js';

const browser = { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8', 'Accept-Language': 'en' };

/** What a browser without scripts does with a form: fields URL-encoded, `Origin` and fetch metadata of its own page. */
function submit(agent: Agent, path: string, fields: Record<string, string>, headers = {}): Promise<Answer> {
  const sent = { ...browser, 'Content-Type': 'application/x-www-form-urlencoded', 'Sec-Fetch-Site': 'same-origin' };
  return agent.call(path, {
    method: 'POST',
    body: new URLSearchParams(fields).toString(),
    headers: { ...sent, ...headers },
  });
}

const signIn = '/api/login/logins/auth?page=login-page';

async function open(options = {}): Promise<{ gatehouse: TestGatehouse; agent: Agent }> {
  const gatehouse = await startTestGatehouse(options);
  return { gatehouse, agent: gatehouse.agent() };
}

test('the start page leads a visitor to the form for signing in', async () => {
  const { agent } = await open();
  const home = await agent.get('/', browser);
  expect([home.status, home.headers.get('location')]).toEqual([303, '/login']);
  const page = await agent.get('/login', browser);
  expect(page.status).toBe(200);
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(page.text).toContain('<html lang="en" dir="ltr">');
  expect(page.text).toContain(`action="${signIn}"`);
  expect(page.text.length).toBeLessThan(30_000);
});

test('signing in with a form moves on, and the session is there', async () => {
  const { gatehouse, agent } = await open();
  await gatehouse.addUser();
  const answer = await submit(agent, signIn, { username: 'user', password: rightPassword });
  expect(answer.status).toBe(303);
  expect((await agent.get('/api/login/users/authenticated')).json).toEqual({ authenticated: true });
});

test('a wrong password shows the form again, with the name kept and the password not', async () => {
  const { gatehouse, agent } = await open();
  await gatehouse.addUser();
  const answer = await submit(agent, signIn, { username: 'user', password: 'wrong-secret', remember: '1' });
  expect(answer.status).toBe(422);
  expect(answer.text).toMatch(/name="username"[^>]*value="user"/);
  expect(answer.text).toMatch(/name="remember"[^>]*checked/);
  expect(answer.text).not.toContain('wrong-secret');
  expect(answer.text).toMatch(/id="field-password-error">[^<]*do not belong together/);
});

test('an unknown user and a wrong password look the same on the page', async () => {
  const { gatehouse, agent } = await open();
  await gatehouse.addUser();
  const unknown = await submit(agent, signIn, { username: 'nobody', password: 'x' });
  const wrong = await submit(agent, signIn, { username: 'user', password: 'x' });
  expect(unknown.text.replaceAll('nobody', 'user')).toBe(wrong.text);
});

test('missing fields are marked, each with its own sentence', async () => {
  const { agent } = await open();
  const answer = await submit(agent, signIn, { username: '', password: '' });
  expect(answer.status).toBe(422);
  expect(answer.text).toContain('id="field-username-error"');
  expect(answer.text).toContain('id="field-password-error"');
});

const forms: [string, string, string[]][] = [
  ['sign in', signIn, ['username']],
  ['forgot password', '/api/login/reset-password-link?page=forgot-password-page', ['email']],
  ['magic link', '/api/login/magic-link?page=magic-link-page', ['email']],
  ['register', '/api/login/register?page=register-page', ['username', 'email']],
];

test.each(forms)(
  'markup, ten thousand characters and right-to-left text typed into “%s” stay text',
  async (...form) => {
    const [, path, fields] = form;
    const { agent } = await open({ routes: withRegistration });
    for (const typed of [`"><script>alert(1)</script>'&`, 'w'.repeat(10_000), 'שלום \u202Eעולם']) {
      const answer = await submit(agent, path, {
        password: 'x',
        ...Object.fromEntries(fields.map((name) => [name, typed])),
      });
      expect([answer.status, answer.headers.get('content-type')]).toEqual([422, 'text/html; charset=utf-8']);
      expect(answer.text).toContain(`value="${escaped(typed)}"`);
      expect(answer.text).not.toContain('<script>alert');
    }
  },
);

const escaped = (text: string): string =>
  text.replace(
    /[&"'<>]/g,
    (character) => ({ '&': '&amp;', '"': '&quot;', "'": '&#39;', '<': '&lt;', '>': '&gt;' })[character]!,
  );

test('scripts that post the same route with JSON still get JSON', async () => {
  const { agent } = await open();
  const answer = await agent.post('/api/login/logins/auth', { username: 'x', password: 'y' }, browser);
  expect(answer.status).toBe(422);
  expect(answer.json).toEqual({ errors: expect.anything() });
});

test('German people read German', async () => {
  const { agent } = await open();
  const page = await agent.get('/login', { ...browser, 'Accept-Language': 'fr, de-AT;q=0.8' });
  expect(page.text).toContain('<html lang="de"');
  expect(page.text).toContain('Passwort vergessen?');
});

// (ASVS 3.4.3, 3.4.8, 14.2.3)
test('no page loads or runs anything but its own', async () => {
  const { agent } = await open();
  const page = await agent.get('/login', browser);
  const policy = page.headers.get('content-security-policy')!;
  expect(policy).toMatch(/^default-src 'none'; style-src 'sha256-[^ ]+'; script-src 'sha256-[^ ]+';/);
  expect(page.headers.get('referrer-policy')).toBe('same-origin');
  expect(policy).toMatch(/; base-uri 'none'; frame-ancestors 'none'$/);
  expect(page.headers.get('cross-origin-opener-policy')).toBe('same-origin');
  expect(page.headers.get('cross-origin-resource-policy')).toBe('same-origin');
  expect(page.text).not.toMatch(/(src|href)="https?:/);
});

// (ASVS 14.3.3)
test('pages put nothing aside in the browser', async () => {
  const { agent } = await open();
  const page = await agent.get('/login', browser);
  expect(page.text).toContain('<script type="module">');
  expect(page.text).not.toMatch(/localStorage|sessionStorage|indexedDB|caches\.|cookie =|serviceWorker/);
});

test('asking for a reset link leads to a page that says a mail was sent', async () => {
  const { gatehouse, agent } = await open();
  await gatehouse.addUser();
  const unknown = await submit(agent, '/api/login/reset-password-link?page=forgot-password-page', { email: 'a@b.c' });
  expect(unknown.text).toMatch(/id="field-email-error">No account has this/);
  const path = '/api/login/reset-password-link?page=forgot-password-page';
  const answer = await submit(agent, path, { email: 'user@example.com' });
  expect(answer.headers.get('location')).toBe('/login/mail-sent?for=reset');
  expect((await agent.get('/login/mail-sent?for=reset', browser)).text).toContain('for 5 minutes');
});

test('a dead link says so and offers a new one', async () => {
  const { agent } = await open();
  const fields = { token: 'used', password: rightPassword, passwordConfirmation: rightPassword };
  const answer = await submit(agent, '/api/login/reset-password?page=reset-password-page', fields);
  expect(answer.status).toBe(422);
  expect(answer.text).toContain('This link does not work');
  expect(answer.text).toContain('href="/login/forgot-password"');
});

test('a form from another site is refused with a page', async () => {
  const { agent } = await open();
  const answer = await submit(agent, signIn, { username: 'a', password: 'b' }, { 'Sec-Fetch-Site': 'cross-site' });
  expect(answer.status).toBe(403);
  expect(answer.text).toContain('came from another site');
});

test('too many attempts say how long to wait', async () => {
  const { agent } = await open({ routes: throttledRoutes });
  for (let attempt = 0; attempt < 2; attempt += 1)
    await submit(agent, '/in?page=login-page', { username: 'a', password: 'b' });
  const answer = await submit(agent, '/in?page=login-page', { username: 'kept', password: 'b' });
  expect(answer.status).toBe(429);
  expect(answer.text).toContain('Wait 10 minutes');
  expect(answer.text).toContain('value="kept"');
});

const throttledRoutes = `
in:
  path: /in
  methods: POST
  handler: login
  middleware: ['throttle:2,10']
page:
  path: /sign-in
  handler: login-page
`;

test('a page leaves out what the routes do not serve', async () => {
  const { agent } = await open({ routes: throttledRoutes });
  const page = await agent.get('/sign-in', browser);
  expect(page.text).toContain('action="/in?page=login-page"');
  expect(page.text).not.toContain('Forgot');
});

test('where the operator configured a page, people are sent there', async () => {
  const { agent } = await open({ config: { redirects: { error: { whenTokenNotFound: '/gone' } } } });
  const fields = { token: 'used', password: rightPassword, passwordConfirmation: rightPassword };
  const answer = await submit(agent, '/api/login/reset-password?page=reset-password-page', fields);
  expect([answer.status, answer.headers.get('location')]).toEqual([303, 'http://localhost:3000/gone']);
});

test('own texts, colours and languages come from a folder', async () => {
  const { agent } = await open({ config: { pages: { name: 'Harbour', templates: ownTemplates() } } });
  const page = await agent.get('/login', { ...browser, 'Accept-Language': 'nl' });
  expect(page.text).toContain('<html lang="nl"');
  expect(page.text).toContain('Aanmelden');
  expect(page.text).toContain('--accent: red');
  expect(page.text).toContain('<span>Harbour</span>');
});

test('a text that does not exist stops the server and names its place', async () => {
  const folder = ownTemplates('login:\n  titel: x\n');
  await expect(open({ config: { pages: { templates: folder } } })).rejects.toThrow(
    /nl\.yaml:2:3 .*there is no text "login\.titel"/,
  );
});

function ownTemplates(text = 'login:\n  title: Aanmelden\n'): string {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'texts'));
  writeFileSync(join(folder, 'texts', 'nl.yaml'), text);
  writeFileSync(join(folder, 'theme.css'), ':root { --accent: red; }');
  return folder;
}
