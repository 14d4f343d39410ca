import { describe, expect, test } from '@jest/globals';
import { startTestGatehouse, temporaryFolder } from '../support/gatehouse.js';
import { mailedToken } from '../support/links.js';
import { readMails } from '../support/mails.js';

const config = { accounts: { conceal: true }, mail: { login: false } };

describe.each([
  ['/api/login/reset-password-link', 'Security Notice: Reset Password request'],
  ['/api/login/magic-link', 'Sign in via magic link'],
])('concealed, POST %s', (path, subject) => {
  test('answers one and the same; only who is known gets a mail, a moment later', async () => {
    const gatehouse = await startTestGatehouse({ config });
    await gatehouse.worker.close();
    await gatehouse.addUser();
    await gatehouse.addUser({ username: 'gone', email: 'gone@example.com', disabled: true });
    const answers = [];
    for (const name of ['user', 'nobody', 'gone']) {
      const { status, text } = await gatehouse.agent().post(path, { email: `${name}@example.com` });
      answers.push(`${status} ${text}`);
    }
    expect(new Set(answers)).toEqual(new Set(['200 {"redirect":"http://localhost:3000"}']));
    expect(await gatehouse.services.stores.outbox.list({})).toEqual([]);
    await gatehouse.worker.runDue();
    expect(await readMails(gatehouse)).toMatchObject([{ subject, to: [{ address: 'user@example.com' }] }]);
    const refused = gatehouse.eventsOf('refused').filter(({ reason }) => reason === 'unknown-address');
    expect(refused).toHaveLength(2);
    expect(refused[0]!.origin.address).toMatch(/127\.0\.0\.1|::1/);
  });

  test('what was asked for survives a restart', async () => {
    const dataDir = temporaryFolder();
    const first = await startTestGatehouse({ config, dataDir });
    await first.worker.close();
    await first.addUser();
    await first.agent().post(path, { email: 'user@example.com' });
    const second = await startTestGatehouse({ config, dataDir });
    expect(await second.worker.runDue()).toBeLessThanOrEqual(1);
    await second.services.tell.settled();
    expect(await readMails(second)).toMatchObject([{ subject }]);
  });
});

test('concealed, a link does what it does', async () => {
  const gatehouse = await startTestGatehouse({ config: { ...config, links: { bindMagicToBrowser: true } } });
  await gatehouse.addUser();
  const agent = gatehouse.agent();
  await agent.post('/api/login/magic-link', { email: 'user@example.com' });
  await gatehouse.worker.runDue();
  const token = await mailedToken(gatehouse, '/login/magic-link');
  expect((await gatehouse.agent().post('/api/login/magic-link/login', { token })).status).toBe(422);
  expect((await agent.post('/api/login/magic-link/login', { token })).status).toBe(200);
});
