import { expect, test } from '@jest/globals';
import { chmodSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Agent } from '../support/agent.js';
import { startTestGatehouse, temporaryFolder, type TestGatehouse } from '../support/gatehouse.js';
import { shippedRoutes } from '../support/shipped.js';

interface Preview {
  difference: { kind: string; text: string }[];
  version: string;
  warnings: string[];
}

/** A server on its own copy of the routes, and an administrator. */
async function open(routes = shippedRoutes): Promise<{ gatehouse: TestGatehouse; root: Agent; file: string }> {
  const gatehouse = await startTestGatehouse({ routes });
  await gatehouse.addUser({ username: 'root', email: 'root@example.com', admin: true });
  return { gatehouse, root: await gatehouse.loggedIn('root'), file: join(gatehouse.folder, 'routes.yaml') };
}

const ping = '/api/admin/routes/routes_ping';

async function previewOf(root: Agent, path: string, change: object): Promise<Preview> {
  return (await root.post(`${path}/preview`, change)).json as Preview;
}

test('the routes are listed with where they stand and their last calls', async () => {
  const { root } = await open();
  await root.get('/api/ping');
  const { routes } = (await root.get('/api/admin/routes')).json as { routes: Record<string, unknown>[] };
  expect(routes.find(({ name }) => name === 'routes_ping')).toMatchObject({
    path: '/api/ping',
    handler: 'ping',
    enabled: true,
    line: shippedRoutes.slice(0, shippedRoutes.indexOf('\nroutes_ping:')).split('\n').length + 1,
    calls: [{ method: 'GET', status: 200 }],
  });
});

test('a route is switched off and on again, and the file is as it was', async () => {
  const { root, file, gatehouse } = await open();
  const { difference, version } = await previewOf(root, ping, { enabled: false });
  expect(difference.filter(({ kind }) => kind !== 'same' && kind !== 'gap')).toEqual([
    { kind: 'new', text: '  enabled: false' },
  ]);
  expect(readFileSync(file, 'utf8')).toBe(shippedRoutes);
  expect((await root.post(ping, { enabled: false, version })).status).toBe(200);
  expect((await root.get('/api/ping')).status).toBe(404);
  const again = await previewOf(root, ping, { enabled: true });
  await root.post(ping, { enabled: true, version: again.version });
  expect((await root.get('/api/ping')).status).toBe(200);
  expect(readFileSync(file, 'utf8')).toBe(shippedRoutes);
  expect(readdirSync(gatehouse.folder).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  expect(gatehouse.eventsOf('routesChanged')).toHaveLength(2);
});

test('a mistake is told in the loader’s words and nothing is written', async () => {
  const { root, file } = await open();
  const answer = await root.post(`${ping}/preview`, { middleware: ['throtle:5,1'] });
  expect(answer.status).toBe(422);
  expect(answer.text).toContain('did you mean \\"throttle\\"');
  expect((await root.post(ping, { middleware: 'throttle:fifty', version: 'x' })).status).toBe(409);
  expect(readFileSync(file, 'utf8')).toBe(shippedRoutes);
});

test('the lint’s new warnings are shown before', async () => {
  const { root } = await open();
  const { warnings } = await previewOf(root, '/api/admin/routes/login_logins-auth', { middleware: '' });
  expect(warnings.join()).toContain('throttle');
});

test('a file that somebody else changed meanwhile is not overwritten', async () => {
  const { root, file } = await open();
  const { version } = await previewOf(root, ping, { enabled: false });
  writeFileSync(file, `${shippedRoutes}\n# by hand\n`);
  expect((await root.post(ping, { enabled: false, version })).status).toBe(409);
  expect(readFileSync(file, 'utf8')).toContain('# by hand');
});

test('of two administrators who write at once one is told', async () => {
  const { root } = await open();
  const { version } = await previewOf(root, ping, { enabled: false });
  const writes = [{ enabled: false }, { methods: ['GET'] }].map((change) => root.post(ping, { ...change, version }));
  const statuses = (await Promise.all(writes)).map(({ status }) => status);
  expect(new Set(statuses)).toEqual(new Set([200, 409]));
});

test('a link stays a link, and the file keeps its rights', async () => {
  const folder = temporaryFolder();
  const real = join(folder, 'real.yaml');
  writeFileSync(real, shippedRoutes);
  chmodSync(real, 0o640);
  symlinkSync(real, join(folder, 'link.yaml'));
  const gatehouse = await startTestGatehouse({ env: { ROUTES_FILE: join(folder, 'link.yaml') } });
  await gatehouse.addUser({ username: 'root', email: 'root@example.com', admin: true });
  const root = await gatehouse.loggedIn('root');
  const { version } = await previewOf(root, ping, { enabled: false });
  await root.post(ping, { enabled: false, version });
  expect(readFileSync(real, 'utf8')).toContain('enabled: false');
  expect(readdirSync(folder).sort()).toEqual(['link.yaml', 'real.yaml']);
});

test('the page shows a route and what a change would do', async () => {
  const { root } = await open();
  const browser = { Accept: 'text/html', 'Accept-Language': 'en' };
  const page = await root.get('/admin/routes/routes_ping', browser);
  expect(page.text).toContain('Answers pong.');
  const preview = await root.call(`${ping}/preview?page=admin-route-page`, {
    method: 'POST',
    body: 'enabled=false&methods=GET&middleware=throttle%3A5%2C1%0D%0Acsrf',
    headers: { ...browser, 'Content-Type': 'application/x-www-form-urlencoded', 'Sec-Fetch-Site': 'same-origin' },
  });
  expect(preview.text).toContain('<ins class="new">+   enabled: false');
  expect(preview.text).toContain('+   middleware: [&#39;throttle:5,1&#39;, csrf]');
  expect((await root.get('/admin/routes?search=ping', browser)).text).toContain('/api/ping');
});
