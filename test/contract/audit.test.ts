import { describe, expect, test } from '@jest/globals';
import { verifyAudit } from '../../src/auth/audit.js';
import type { AuditEntry } from '../../src/stores/contract.js';
import { rightPassword, startTestGatehouse, temporaryFolder, type TestGatehouse } from '../support/gatehouse.js';

const login = '/api/login/logins/auth';

async function auditOf({ services }: TestGatehouse): Promise<AuditEntry[]> {
  await services.tell.settled();
  return services.stores.audit.query({ ascending: true });
}

describe('the audit log', () => {
  // (ASVS 16.2.1, 16.3.1)
  test('holds every attempt with who, from where, which factor and the outcome', async () => {
    const gatehouse = await startTestGatehouse();
    const { id } = await gatehouse.addUser();
    const agent = gatehouse.agent({ 'User-Agent': 'curl/8' });
    await agent.post(login, { username: 'user', password: 'wrong' });
    await agent.post(login, { username: 'nobody', password: 'wrong' });
    await agent.post(login, { username: 'user', password: rightPassword });
    await agent.post('/api/login/logins/logout', {});
    const at = gatehouse.clock.now();
    const address = expect.stringMatching(/^(127\.0\.0\.1|::1)$/);
    const from = { at, address, requestId: expect.stringMatching(/./) };
    expect((await auditOf(gatehouse)).slice(1)).toMatchObject([
      {
        ...from,
        type: 'loginFailed',
        userId: id,
        username: 'user',
        detail: { reason: 'wrong-password', factor: 'password' },
      },
      { ...from, type: 'loginFailed', userId: null, username: 'nobody', detail: { reason: 'unknown-user' } },
      { ...from, type: 'login', userId: id, username: 'user', detail: { factor: 'password', userAgent: 'curl/8' } },
      { ...from, type: 'logout', userId: id },
    ]);
  });

  // (ASVS 16.3.2, 16.3.3)
  test('holds refused authorisations and attempts to get round a guard, repetitions together', async () => {
    const gatehouse = await startTestGatehouse();
    const { id } = await gatehouse.addUser();
    const agent = await gatehouse.loggedIn();
    const simulate = () => agent.post('/api/login/users/simulate/user', {});
    for (let i = 0; i < 5; i += 1) expect((await simulate()).status).toBe(403);
    await agent.post(login, {}, { 'Sec-Fetch-Site': 'cross-site' });
    await agent.get('/api/login/users/current', { 'X-CSRF-Token': 'wrong' });
    await gatehouse.agent().post('/api/login/unlock', { token: 'guessed' });
    await gatehouse.agent().get('/api/login/users/current');
    gatehouse.clock.advance({ minutes: 1 });
    await simulate();
    const refused = (await auditOf(gatehouse)).filter(({ type }) => type === 'refused');
    expect(refused).toMatchObject([
      { userId: id, detail: { reason: 'not-admin', route: 'login_users-simulate', times: 1 } },
      { userId: null, detail: { reason: 'cross-site', route: 'login_logins-auth', times: 1 } },
      { userId: id, detail: { reason: 'csrf-mismatch', route: 'login_users-current', times: 1 } },
      { userId: null, detail: { reason: 'link-unknown', route: 'login_locker-unlock', times: 1 } },
      { userId: id, detail: { reason: 'not-admin', route: 'login_users-simulate', times: 4 } },
      { userId: id, detail: { reason: 'not-admin', route: 'login_users-simulate', times: 1 } },
    ]);
  });

  // (ASVS 16.4.1)
  test('takes names that no column and no terminal should see', async () => {
    const gatehouse = await startTestGatehouse();
    const odd = 'a\u0000b\r\nc\u001b[31m\ud800';
    await gatehouse.agent().post(login, JSON.stringify({ username: odd, password: 'x' }));
    expect(await auditOf(gatehouse)).toMatchObject([{ username: 'a\uFFFDb\uFFFD\uFFFDc\uFFFD[31m\uFFFD' }]);
    expect(await verifyAudit(gatehouse.services)).toMatchObject({ lines: 1 });
  });

  // (ASVS 16.2.5)
  test('keeps no password and no token', async () => {
    const gatehouse = await startTestGatehouse();
    await gatehouse.addUser();
    const agent = await gatehouse.loggedIn();
    await agent.post('/api/login/magic-link', { email: 'user@example.com' });
    await agent.post('/api/login/magic-link/login', { token: 'canary-token' });
    await agent.post(login, { username: 'user', password: 'canary-password' });
    const text = JSON.stringify(await auditOf(gatehouse)) + JSON.stringify(gatehouse.logged);
    expect(text).toMatch(/magicLinkRequested/);
    for (const secret of [/canary/, new RegExp(rightPassword), new RegExp(agent.cookies.get('fe_typo_user')!)]) {
      expect(text).not.toMatch(secret);
    }
  });
});

describe('verifying it', () => {
  async function tampered(statement: string) {
    const dataDir = temporaryFolder();
    const gatehouse = await startTestGatehouse({ dataDir });
    for (let i = 0; i < 6; i += 1) await gatehouse.agent().post(login, { username: `n${i}`, password: 'x' });
    await auditOf(gatehouse);
    expect(await verifyAudit(gatehouse.services)).toMatchObject({ lines: 6, last: { id: 6 } });
    await gatehouse.query(statement);
    return (await verifyAudit(gatehouse.services)).broken;
  }

  // (ASVS 16.4.2)
  test.each([
    ['a changed name', `update audit set username = 'other' where id = 3`, { id: 3, what: 'changed' }],
    ['a changed time', `update audit set at = at - 1 where id = 6`, { id: 6, what: 'changed' }],
    ['a line taken out', `delete from audit where id = 4`, { id: 5, what: 'missing' }],
    ['the first line taken away', `delete from audit where id = 1`, { id: 2, what: 'missing' }],
    ['the last lines taken away', `delete from audit where id > 4`, { id: 5, what: 'missing' }],
    ['all lines taken away', `delete from audit`, { id: 1, what: 'missing' }],
    ['two lines exchanged', `update audit set id = 100 - id where id in (2, 98)`, { id: 3, what: 'missing' }],
  ])('%s shows', async (_what, statement, broken) => {
    expect(await tampered(statement)).toEqual(broken);
  });

  test('what the server itself drops, beyond audit.keep, leaves the rest provable', async () => {
    const gatehouse = await startTestGatehouse({ config: { audit: { keep: 2 } } });
    for (let i = 0; i < 5; i += 1) await gatehouse.agent().post(login, { username: `n${i}`, password: 'x' });
    await auditOf(gatehouse);
    const { sweep } = await import('../../src/auth/sweep.js');
    expect((await sweep(gatehouse.services)).audit).toBe(3);
    expect(await verifyAudit(gatehouse.services)).toMatchObject({ lines: 2, last: { id: 5 } });
  });
});
