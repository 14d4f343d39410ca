import { expect, test } from '@jest/globals';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../support/gatehouse.js';
import { runHere } from '../support/run-here.js';
import { openStores } from '../../src/stores/open.js';
import { FrozenClock } from '../support/clock.js';

test('a mail is shown as it looks, in the language that is wanted', async () => {
  const german = await runHere(['mail', 'preview', 'lockout', '--language', 'de'], {});
  expect(german).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^Subject: Sicherheitshinweis: Konto gesperrt\n\n/),
  });
  const html = await runHere(['mail', 'preview', 'lockout', '--html'], {});
  expect(html.stdout).toMatch(/<html[\s\S]*token(=|&#x3D;)example/);
  const unknown = await runHere(['mail', 'preview', 'lokout'], {});
  expect(unknown).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/no mail "lokout"; there are login, lockout/),
  });
});

test('a test mail goes out at once, or says why not', async () => {
  const folder = temporaryFolder();
  const send = (to: string, env = {}) => runHere(['mail', 'test', to], { DATA_DIR: folder, ...env });
  expect(await send('anna@example.com')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/the mail is in .*\.eml/),
  });
  const [file] = readdirSync(join(folder, 'mail'));
  expect(readFileSync(join(folder, 'mail', file!), 'utf8')).toMatch(/^To: anna@example.com/m);
  expect(await send('anna')).toMatchObject({ code: 1, stderr: expect.stringMatching(/not an e-mail address/) });
  expect(await send('anna@example.com', { SMTP_URL: 'smtp://127.0.0.1:1' })).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/could not be sent: .*ECONNREFUSED/),
  });
});

test('the outbox is listed without what is in the mails, and a dead one is sent once more', async () => {
  const folder = temporaryFolder();
  const mail = (...args: string[]) => runHere(['mail', ...args], { DATA_DIR: folder });
  const stores = await openStores({ databaseUrl: '', dataDir: folder, clock: new FrozenClock() });
  await stores.outbox.add({
    id: 'one',
    template: 'lockout',
    recipient: 'anna@example.com',
    payload: 'sealed',
    state: 'dead',
    attempts: 3,
    createdAt: Date.parse('2026-11-21'),
    nextTryAt: 0,
    sentAt: 0,
    lastError: 'no such mailbox',
  });
  await stores.close();
  expect((await mail('list', '--state', 'dead')).stdout).toMatch(
    /one +2026-11-21T00:00:00.000Z +lockout +anna@example.com +dead +3 +no such mailbox/,
  );
  expect((await mail('list', '--json')).stdout).not.toMatch(/sealed/);
  expect(JSON.parse((await mail('list', '--state', 'sent', '--json')).stdout)).toEqual([]);
  expect(await mail('retry', 'one')).toMatchObject({ code: 0 });
  expect(JSON.parse((await mail('list', '--state', 'waiting', '--json')).stdout)).toHaveLength(1);
  expect(await mail('retry', 'one')).toMatchObject({ code: 1, stderr: expect.stringMatching(/no dead mail "one"/) });
});
