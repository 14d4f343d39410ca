import { expect, test } from '@jest/globals';
import { chmodSync, chownSync, copyFileSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Agent } from '../support/agent.js';
import { gatehouse, serve } from '../support/command.js';
import { rightPassword, temporaryFolder } from '../support/gatehouse.js';

const shipped = fileURLToPath(new URL('../../routes.yaml', import.meta.url));
const browser = { Accept: 'text/html', 'Accept-Language': 'en' };
const nobody = 65_534;

/** A folder whose owner, as whom the server runs, is not the superuser. */
function ordinaryFolder(): string {
  const folder = temporaryFolder();
  if (process.getuid?.() === 0) chownSync(folder, nobody, nobody);
  return folder;
}

test('where the server may not write the routes file, the pages say so and offer nothing; scripts are refused', async () => {
  const folder = ordinaryFolder();
  const place = join(folder, 'etc');
  mkdirSync(place);
  const file = join(place, 'routes.yaml');
  copyFileSync(shipped, file);
  chmodSync(file, 0o444);
  chmodSync(place, 0o555);
  try {
    const env = { ROUTES_FILE: file };
    const add = ['user', 'add', 'root', '--email', 'root@example.com', '--admin', '--password-stdin'];
    expect(await gatehouse(add, { folder, env, input: `${rightPassword}\n` })).toMatchObject({ code: 0 });
    const { url } = await serve(folder, env);
    const root = new Agent(url);
    await root.post('/api/login/logins/auth', { username: 'root', password: rightPassword });
    for (const path of ['/admin/routes', '/admin/routes/routes_ping']) {
      const { text } = await root.get(path, browser);
      expect(text).toContain('The file may not be written by the server: nothing can be changed here.');
      expect(text).not.toMatch(/name="(methods|enabled|middleware)"/);
    }
    const { json } = await root.get('/api/admin/routes');
    expect(json).toMatchObject({ readOnly: 'not-writable' });
    const change = { enabled: false, version: 'x' };
    expect((await root.post('/api/admin/routes/routes_ping/preview', change)).status).toBe(403);
    expect((await root.post('/api/admin/routes/routes_ping', change)).status).toBe(403);
    expect(readFileSync(file, 'utf8')).toBe(readFileSync(shipped, 'utf8'));
  } finally {
    chmodSync(place, 0o755);
  }
});
