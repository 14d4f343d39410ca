import { expect, test } from '@jest/globals';
import { rightPassword, startTestGatehouse, type TestGatehouse } from '../support/gatehouse.js';
import type { Agent, Answer } from '../support/agent.js';
import { shippedRoutes } from '../support/shipped.js';

/** A browser on plain http, or an older one: not a word of where a form comes from. */
const browser = { Accept: 'text/html', 'Accept-Language': 'en' };

async function open(): Promise<{ gatehouse: TestGatehouse; root: Agent }> {
  const gatehouse = await startTestGatehouse({ config: { csrf: { require: 'token' } }, routes: shippedRoutes });
  await gatehouse.addUser({ username: 'root', email: 'root@example.com', admin: true });
  await gatehouse.addUser();
  const root = gatehouse.agent();
  await submit(root, formsOf(await root.get('/login', browser))[0]!, { username: 'root', password: rightPassword });
  return { gatehouse, root };
}

interface Form {
  action: string;
  fields: Record<string, string>;
}

/** The forms of a page that post, with what stands in their inputs. */
function formsOf({ text }: Answer): Form[] {
  const forms = [...text.matchAll(/<form\s+method="post"\s+action="([^"]+)"[^]*?<\/form>/g)];
  return forms.map(([form, action]) => {
    const inputs = [...form.matchAll(/name="([^"]+)"[^>]*?\svalue="([^"]*)"/g)];
    return { action: action!, fields: Object.fromEntries(inputs.map(([, name, value]) => [name!, value!])) };
  });
}

function submit(agent: Agent, { action, fields }: Form, typed: Record<string, string> = {}): Promise<Answer> {
  const body = new URLSearchParams({ ...fields, ...typed }).toString();
  const headers = { ...browser, 'Content-Type': 'application/x-www-form-urlencoded' };
  return agent.call(action, { method: 'POST', body, headers });
}

/** What makes the forms of every kind appear. */
async function furnish({ agent, loggedIn, services }: TestGatehouse, root: Agent): Promise<void> {
  await loggedIn();
  await loggedIn('root');
  for (let attempt = 0; attempt < 51; attempt += 1)
    await agent().post('/api/login/magic-link', { email: 'nobody@example.com' });
  await submit(root, { ...formsOf(await root.get('/admin/users/2', browser))[1]! });
  const [mail] = await services.stores.outbox.list({});
  await services.stores.outbox.retry(mail!.id, services.clock.now() + 60_000, 'no answer');
}

const paths = [
  '/account',
  '/account/profile',
  '/account/password',
  '/account/email',
  '/admin/users/new',
  '/admin/users/2',
  '/admin/one-time-account',
  '/admin/sessions',
  '/admin/mails',
  '/admin/throttles',
  '/admin/routes/routes_ping',
];

test('with csrf.require: token every form of every page proves itself, even where a browser tells nothing', async () => {
  const { gatehouse, root } = await open();
  await furnish(gatehouse, root);
  const posted = new Set<string>();
  for (const path of paths) {
    for (const form of formsOf(await root.get(path, browser))) {
      const kind = form.action.replace(/\d+\.[\w-]+|[\w-]{20,}/g, '…');
      // signing out would end it all, and deleting takes the others' user away
      if (posted.has(kind) || /logout|delete|disable|terminate|simulate/.test(kind)) continue;
      posted.add(kind);
      const { status, text } = await submit(root, form);
      expect([path, kind, status, text.includes('sent this form yourself')]).toEqual([path, kind, status, false]);
      expect([path, kind, [200, 303, 422].includes(status)]).toEqual([path, kind, true]);
    }
  }
  expect([...posted].map((action) => action.replace(/\?.*/, '')).sort()).toEqual([
    '/api/admin/mails/…/retry',
    '/api/admin/one-time-accounts',
    '/api/admin/routes/routes_ping/preview',
    '/api/admin/sessions/…/end',
    '/api/admin/throttles/lift',
    '/api/admin/users',
    '/api/admin/users/2',
    '/api/admin/users/2/reset-link',
    '/api/login/change-email',
    '/api/login/change-password',
    '/api/login/profile',
    '/api/login/sessions/others',
    '/api/login/sessions/…',
  ]);
});

test('the buttons that end something prove themselves too', async () => {
  const { gatehouse, root } = await open();
  await gatehouse.loggedIn();
  for (const act of ['terminate', 'disable', 'enable', 'simulate', 'logout', 'delete']) {
    const page = await root.get(act === 'logout' ? '/account' : '/admin/users/2', browser);
    const form = formsOf(page).find(({ action }) => action.includes(`/${act}`));
    expect([act, (await submit(root, form!)).status]).toEqual([act, 303]);
    await gatehouse.services.tell.settled();
  }
  await submit(
    root,
    formsOf(await root.get('/account', browser)).find(({ action }) => action.includes('logout'))!,
  );
  expect((await root.get('/api/login/users/authenticated')).json).toEqual({ authenticated: false });
});

test('a form without the token, or with that of another session, changes nothing; what was typed stays', async () => {
  const { gatehouse, root } = await open();
  const [form] = formsOf(await root.get('/account/profile', browser)).filter(({ action }) =>
    action.includes('profile'),
  );
  const { 'csrf-token': token, ...fields } = form!.fields;
  const other = formsOf(await (await gatehouse.loggedIn()).get('/account/profile', browser)).at(-1)!.fields[
    'csrf-token'
  ]!;
  const proofs: Record<string, string>[] = [{}, { 'csrf-token': other }, { 'csrf-token': '' }];
  for (const proof of proofs) {
    const answer = await submit(root, { action: form!.action, fields: { ...fields, firstName: 'Rita', ...proof } });
    expect(answer.status).toBe(401);
    expect(answer.text).toContain('Send it again.');
    expect(answer.text).toContain('value="Rita"');
    expect(formsOf(answer).at(-1)!.fields['csrf-token']).toBe(token);
  }
  expect((await gatehouse.services.stores.users.findByUsername('root'))?.firstName).toBe('');
});
