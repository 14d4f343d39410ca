import { describe, expect, test } from '@jest/globals';
import { startTestGatehouse, rightPassword, type TestGatehouse } from '../support/gatehouse.js';
import { readMails } from '../support/mails.js';

const login = '/api/login/logins/auth';
const firefox = { 'User-Agent': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' };

async function subjects(gatehouse: TestGatehouse): Promise<(string | undefined)[]> {
  return (await readMails(gatehouse)).map(({ subject }) => subject);
}

describe('mails that follow from what happened', () => {
  test('a login is told to its owner: when, with what, from where', async () => {
    const gatehouse = await startTestGatehouse();
    await gatehouse.addUser();
    await gatehouse.agent(firefox).post(login, { username: 'user', password: rightPassword });
    const [mail] = await readMails(gatehouse);
    expect(mail).toMatchObject({
      subject: 'Security Notice: Someone has logged in to your account.',
      to: [{ address: 'user@example.com' }],
    });
    expect(mail!.text).toMatch(/21 November 2026|November 21, 2026/);
    expect(mail!.text).toMatch(/Firefox, Linux/);
    expect(mail!.text).toMatch(/127\.0\.0\.1|::1/);
  });

  test('with mail.login off it is not', async () => {
    const gatehouse = await startTestGatehouse({ config: { mail: { login: false } } });
    await gatehouse.addUser();
    await gatehouse.loggedIn();
    expect(await subjects(gatehouse)).toEqual([]);
  });

  test('a failed login is not', async () => {
    const gatehouse = await startTestGatehouse();
    await gatehouse.addUser();
    await gatehouse.agent().post(login, { username: 'user', password: 'wrong' });
    expect(await subjects(gatehouse)).toEqual([]);
  });

  // (ASVS 6.3.5)
  test('a lock is told once, in the language of its owner, with a link', async () => {
    const gatehouse = await startTestGatehouse({ config: { lockout: { attempts: 3 } } });
    await gatehouse.addUser({ language: 'de' });
    for (let i = 0; i < 6; i += 1) await gatehouse.agent().post(login, { username: 'user', password: 'wrong' });
    const mails = await readMails(gatehouse);
    expect(mails.map(({ subject }) => subject)).toEqual(['Sicherheitshinweis: Konto gesperrt']);
    expect(mails[0]!.text).toMatch(/http:\/\/localhost:3000\/login\/unlock\?token=[\w-]{43}/);
  });

  test('a new password is told, whoever set it', async () => {
    const gatehouse = await startTestGatehouse();
    const user = await gatehouse.addUser();
    const { setPassword } = await import('../../src/auth/users.js');
    const origin = { address: 'command line', userAgent: '', requestId: '' };
    await setPassword(gatehouse.services, user, 'another good secret', 'command', origin);
    const [mail] = await readMails(gatehouse);
    expect(mail!.subject).toBe('Security Notice: Password has been changed');
    expect(mail!.text).not.toMatch(/command line/);
  });

  test('somebody without an address gets none, and nothing breaks', async () => {
    const gatehouse = await startTestGatehouse();
    await gatehouse.addUser({ email: '' });
    await gatehouse.loggedIn();
    expect(await subjects(gatehouse)).toEqual([]);
    expect(gatehouse.logged.filter(({ level }) => Number(level) >= 40)).toEqual([]);
  });
});

test('a login is noted with the user', async () => {
  const gatehouse = await startTestGatehouse();
  const { id } = await gatehouse.addUser();
  await gatehouse.loggedIn();
  await gatehouse.services.tell.settled();
  expect((await gatehouse.services.stores.users.findById(id))!.lastLogin).toBe(gatehouse.clock.now());
});
