import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import PostalMime from 'postal-mime';
import { createKeys } from '../../src/auth/keys.js';
import { loadSettings } from '../../src/config/load.js';
import { createMailer, delayAfter, type MailerParts, type OutboxMailer } from '../../src/mail/mailer.js';
import { listMails, retryMail, sendTestMail } from '../../src/mail/tools.js';
import type { Stores } from '../../src/stores/contract.js';
import { openStores } from '../../src/stores/open.js';
import { startMailServer, type MailServer } from '../support/mail-server.js';

const hour = 3_600_000;
const url = 'https://login.example.org/login/reset-password?token=Abc-123_xyz0Abc-123_xyz0Abc-123_xyz0Abc-123_xyz0';
const user = { username: 'anna', firstName: 'Anna', lastName: '', name: '', language: 'en' };
const reset = { template: 'reset-request', to: 'anna@example.org', user, values: { url, minutes: 5 } };

let dataDir: string;
let stores: Stores;
let now: number;
let log: Record<string, unknown>[];
let closing: (() => Promise<unknown>)[];

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'gatehouse-mail-'));
  now = Date.UTC(2026, 10, 21);
  log = [];
  closing = [];
  stores = await openStores({ databaseUrl: 'sqlite::memory:', dataDir, clock: { now: () => now } });
});
afterEach(async () => {
  for (const close of closing.reverse()) await close();
  await stores.close();
  rmSync(dataDir, { recursive: true });
});

function mailer(smtpUrl = '', parts: Partial<MailerParts> = {}): OutboxMailer {
  const env = { DATA_DIR: dataDir, SMTP_URL: smtpUrl, PUBLIC_URL: 'https://login.example.org' };
  const made = createMailer({
    settings: loadSettings({ env }),
    stores,
    keys: createKeys(['secret']),
    clock: { now: () => now },
    log: pino({}, { write: (line: string) => log.push(JSON.parse(line) as Record<string, unknown>) }),
    sending: false,
    patience: { connect: 300, idle: 300, total: 600 },
    ...parts,
  });
  closing.push(() => made.close());
  return made;
}

async function openFile(): Promise<Stores> {
  const opened = await openStores({ databaseUrl: '', dataDir, clock: { now: () => now } });
  closing.push(() => opened.close());
  return opened;
}

async function server(...parameters: Parameters<typeof startMailServer>): Promise<MailServer> {
  const started = await startMailServer(...parameters);
  closing.push(() => started.close());
  return started;
}

const recipients = (mails: MailServer['mails']) => mails.map((mail) => String(mail.to?.[0]?.address)).sort(compare);
const compare = (a: string, b: string) => (a < b ? -1 : 1);
const files = () => readdirSync(join(dataDir, 'mail')).map((name) => join(dataDir, 'mail', name));
const first = async () => (await stores.outbox.list({}))[0]!;

test('without a mail server a mail becomes a file for its owner’s eyes, and the log says which', async () => {
  const { post, flush } = mailer();
  await post(reset);
  await flush();
  const [file] = files();
  expect(file).toMatch(/20261121T000000-000-000-reset-request-[0-9a-f]{8}\.eml$/);
  expect(statSync(file!).mode & 0o777).toBe(0o600);
  expect(log).toMatchObject([{ msg: 'mail written', file, template: 'reset-request' }]);
  expect(readFileSync(file!, 'utf8')).toContain(`\n${url}\r\n`);
  const mail = await PostalMime.parse(readFileSync(file!));
  expect(mail).toMatchObject({
    from: { address: 'no-reply@login.example.org' },
    to: [{ address: 'anna@example.org' }],
    subject: 'Security Notice: Reset Password request',
    date: '2026-11-21T00:00:00.000Z',
    messageId: `<${(await first()).id}@login.example.org>`,
  });
  expect(mail.text).toContain(url);
  expect(mail.html).toContain('<a class="action"');
});

test('the files lie in the order in which the mails were posted', async () => {
  const { post, flush } = mailer();
  for (const template of ['reset-request', 'magic-link', 'login', 'approved', 'reset-request'])
    await post({ ...reset, template });
  await flush();
  const names = files().map((file) => /T\d{6}-\d{3}-[0-9a-f]{3}-(.*)-[0-9a-f]{8}\.eml$/.exec(file)?.[1]);
  expect(names).toEqual(['reset-request', 'magic-link', 'login', 'approved', 'reset-request']);
});

// (ASVS 14.2.4)
test('what waits in the outbox is encrypted, and gone once it is sent', async () => {
  const { post, flush } = mailer();
  await post(reset);
  expect(JSON.stringify(await first())).not.toMatch(/token|Abc-123/);
  await flush();
  expect(await first()).toMatchObject({ state: 'sent', payload: '', sentAt: now });
  expect(JSON.stringify(log)).not.toMatch(/Abc-123|anna@/);
});

test('a mail of a transaction that fails is never sent', async () => {
  const { post, flush } = mailer();
  const transaction = stores.atomically(async (inner) => {
    await post(reset, inner);
    throw new Error('undone');
  });
  await expect(transaction).rejects.toThrow('undone');
  await flush();
  await expect(stores.outbox.count('sent')).resolves.toBe(0);
});

test('it sends by itself soon after a mail was posted', async () => {
  const { post } = mailer('', { sending: true });
  await post(reset);
  for (let wait = 0; wait < 100 && (await stores.outbox.count('sent')) === 0; wait++)
    await new Promise((resolve) => setTimeout(resolve, 20));
  expect(files()).toHaveLength(1);
});

test('German mails arrive as they were written', async () => {
  const { mails, url: smtpUrl } = await server();
  const { post, flush } = mailer(smtpUrl);
  await post({ ...reset, user: { ...user, firstName: 'Jörg', language: 'de-AT' } });
  await flush();
  expect(mails).toMatchObject([{ subject: 'Sicherheitshinweis: Neues Passwort angefordert' }]);
  expect(mails[0]?.text).toMatch(/^Guten Tag Jörg,\n\nfür Ihr Konto „anna“/);
  expect(mails[0]?.text).toContain(url);
});

test('the mail server is spoken to over TLS and with a password', async () => {
  const { mails, port } = await server({
    authOptional: false,
    onAuth: ({ username, password }, _, done) =>
      username === 'gate@house' && password === 'p/ss' ? done(null, { user: 'gate' }) : done(new Error('no')),
  });
  const { post, flush } = mailer(`smtp://gate%40house:p%2Fss@127.0.0.1:${port}`);
  await post(reset);
  await flush();
  expect(mails).toMatchObject([{ secure: true, user: 'gate' }]);
});

test('smtps speaks TLS from the first byte', async () => {
  const { mails, port } = await server({ secure: true });
  const { post, flush } = mailer(`smtps://127.0.0.1:${port}`);
  await post(reset);
  await flush();
  expect(mails).toMatchObject([{ secure: true }]);
});

test('where TLS is required nothing is sent without it', async () => {
  const { mails, url: smtpUrl } = await server({ disabledCommands: ['STARTTLS'] });
  const { post, flush } = mailer(`${smtpUrl}?tls=require`);
  await post(reset);
  await flush();
  expect(mails).toEqual([]);
  expect(await first()).toMatchObject({ state: 'waiting', attempts: 1 });
});

test('a wrong password of ours keeps the mail waiting', async () => {
  const { port } = await server({ authOptional: false, onAuth: (_, __, done) => done(new Error('bad credentials')) });
  const { post, flush } = mailer(`smtp://gate:wrong@127.0.0.1:${port}`);
  await post(reset);
  now += 47 * hour;
  await flush();
  expect(await first()).toMatchObject({
    state: 'waiting',
    attempts: 1,
    lastError: expect.stringContaining('bad cred'),
  });
});

test('a server that greylists gets the mail again later, once', async () => {
  const { mails, url: smtpUrl } = await server({}, (attempt) =>
    attempt < 3 ? { code: 451, text: '4.7.1 come back later' } : undefined,
  );
  const { post, flush } = mailer(smtpUrl);
  await post(reset);
  await flush();
  const waiting = await first();
  expect(waiting).toMatchObject({
    state: 'waiting',
    attempts: 1,
    lastError: expect.stringContaining('come back later'),
  });
  expect(waiting.nextTryAt - now).toBeGreaterThanOrEqual(24_000);
  await flush();
  expect((await first()).attempts).toBe(1);
  for (const minutes of [1, 3]) {
    now += minutes * 60_000;
    await flush();
  }
  expect(mails).toHaveLength(1);
  expect(await first()).toMatchObject({ state: 'sent', attempts: 2 });
});

test('a server that is away for a day gets each mail once when it is back', async () => {
  const away = await startMailServer();
  await away.close();
  const { post, flush } = mailer(away.url);
  const addresses = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => `${name}@example.org`);
  for (const to of addresses) await post({ ...reset, to });
  for (let passed = 0; passed < 24; passed++) {
    await flush();
    now += hour;
  }
  const { mails } = await server({}, undefined, away.port);
  for (let passed = 0; passed < 8; passed++) {
    now += hour;
    await flush();
  }
  expect(recipients(mails)).toEqual(addresses);
  await expect(stores.outbox.count('sent')).resolves.toBe(7);
});

test('after two days a mail is given up, and can be put back', async () => {
  const away = await startMailServer();
  await away.close();
  const { post, flush } = mailer(away.url);
  await post(reset);
  now += 49 * hour;
  await flush();
  const [dead] = await listMails(stores.outbox, { state: 'dead' });
  expect(dead).toMatchObject({
    state: 'dead',
    recipient: 'anna@example.org',
    lastError: expect.stringMatching(/ECONNREFUSED/),
  });
  expect(log.at(-1)).toMatchObject({ level: 50, msg: 'a mail could not be sent and is given up' });
  const { mails } = await server({}, undefined, away.port);
  await expect(retryMail(stores.outbox, dead!.id, now)).resolves.toBe(true);
  await flush();
  expect(mails).toHaveLength(1);
});

test('a final no is final after an hour', async () => {
  const { url: smtpUrl } = await server({
    onRcptTo: (_, __, done) => done(Object.assign(new Error('no such user'), { responseCode: 550 })),
  });
  const { post, flush } = mailer(smtpUrl);
  await post(reset);
  await flush();
  expect(await first()).toMatchObject({ state: 'waiting' });
  now += hour;
  await flush();
  expect(await first()).toMatchObject({ state: 'dead', lastError: expect.stringContaining('no such user') });
});

test.each([
  ['says nothing', () => undefined],
  ['greets and then says nothing', (socket: Socket) => void socket.write('220 hello\r\n')],
  [
    'trickles for ever',
    (socket: Socket) => {
      const timer = setInterval(() => socket.write('220-x\r\n'), 50);
      socket.on('close', () => clearInterval(timer));
    },
  ],
])('a server that %s does not hold up the outbox', async (_, behaviour: (socket: Socket) => void) => {
  const sockets = new Set<Socket>();
  const hanging = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    behaviour(socket);
  });
  await new Promise<void>((resolve) => hanging.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => hanging.close(resolve));
  });
  const { post, flush } = mailer(`smtp://127.0.0.1:${(hanging.address() as AddressInfo).port}`);
  await post(reset);
  const start = performance.now();
  await flush();
  expect(performance.now() - start).toBeLessThan(3000);
  expect(await first()).toMatchObject({ state: 'waiting', attempts: 1 });
});

test('two servers on one database send each mail once', async () => {
  const [mine, other] = await Promise.all([openFile(), openFile()]);
  const { mails, url: smtpUrl } = await server();
  const [one, two] = [mailer(smtpUrl, { stores: mine }), mailer(smtpUrl, { stores: other })];
  const addresses = Array.from({ length: 23 }, (_, index) => `user${index}@example.org`).sort(compare);
  for (const to of addresses) await one.post({ ...reset, to });
  await Promise.all([one.flush(), two.flush(), one.flush(), two.flush()]);
  expect(recipients(mails)).toEqual(addresses);
});

test('a mail whose sending was cut off by a crash is sent by the next process', async () => {
  const { post, flush } = mailer();
  await post(reset);
  await stores.outbox.claim(now, now + 180_000, 5);
  await flush();
  await expect(stores.outbox.count('sent')).resolves.toBe(0);
  now += 180_001;
  await flush();
  await expect(stores.outbox.count('sent')).resolves.toBe(1);
});

test('a mail that was sent is not sent again because the store was away for a moment', async () => {
  const { mails, url: smtpUrl } = await server();
  let away = true;
  const outbox = {
    ...stores.outbox,
    sent: (id: string, at: number) => (away ? Promise.reject(new Error('away')) : stores.outbox.sent(id, at)),
  };
  const { post, flush } = mailer(smtpUrl, { stores: { outbox } });
  await post(reset);
  await flush();
  away = false;
  now += 180_001;
  await flush();
  expect(mails).toHaveLength(1);
  expect(await first()).toMatchObject({ state: 'sent' });
});

test('a folder that cannot be written keeps the mail waiting and leaves no half a file', async () => {
  writeFileSync(join(dataDir, 'mail'), 'in the way');
  const { post, flush } = mailer();
  await post(reset);
  await flush();
  expect(await first()).toMatchObject({ state: 'waiting', attempts: 1 });
  rmSync(join(dataDir, 'mail'));
  now += 60_000;
  await flush();
  expect(files()).toHaveLength(1);
});

// (ASVS 1.3.11)
test('no name and no address adds a header or a recipient', async () => {
  const { mails, url: smtpUrl } = await server();
  const { post, flush } = mailer(smtpUrl);
  const evil = 'Anna\r\nBcc: evil@example.net\r\n\r\nhello';
  await post({ ...reset, user: { ...user, firstName: evil, username: evil } });
  for (const to of ['a@b.example\r\nBcc: x@y.example', 'a@b.example, x@y.example', 'A <a@b.example>', 'nobody', ''])
    await post({ ...reset, to });
  await flush();
  expect(mails).toHaveLength(1);
  expect(mails[0]?.headers.map(({ key }) => key)).not.toContain('bcc');
  expect(mails[0]?.to).toMatchObject([{ address: 'anna@example.org' }]);
  await expect(stores.outbox.count('dead')).resolves.toBe(5);
  const why = 'the recipient is not an e-mail address';
  expect(log.filter((line) => line['why'] === why)).toHaveLength(5);
});

test('a mail outlives the rotation of the secret, until the old one is taken away', async () => {
  const old = mailer();
  await old.post(reset);
  await old.post(reset);
  const [one, two] = await stores.outbox.list({});
  await stores.outbox.retry(two!.id, now + hour, '');
  await mailer('', { keys: createKeys(['new', 'secret']) }).flush();
  expect(await stores.outbox.find(one!.id)).toMatchObject({ state: 'sent' });
  now += hour;
  await mailer('', { keys: createKeys(['new']) }).flush();
  expect(await stores.outbox.find(two!.id)).toMatchObject({
    state: 'dead',
    lastError: expect.stringContaining('secrets'),
  });
});

test('a test mail goes out at once and tells the server’s answer or the file', async () => {
  const { mails, url: smtpUrl } = await server();
  const settings = loadSettings({ env: { DATA_DIR: dataDir, SMTP_URL: smtpUrl } });
  await expect(sendTestMail(settings, 'anna@example.org')).resolves.toEqual({
    response: expect.stringMatching(/^250 /),
  });
  expect(mails).toMatchObject([{ subject: 'Test mail from localhost:3000' }]);
  const sent = await sendTestMail({ ...settings, smtpUrl: '' }, 'anna@example.org');
  expect(sent).toEqual({ file: files()[0] });
  await expect(sendTestMail(settings, 'anna')).rejects.toThrow('"anna" is not an e-mail address');
});

test('the tries of a mail grow apart and reach over two days', () => {
  const delays = Array.from({ length: 40 }, (_, index) => delayAfter(index + 1));
  expect(delays[0]).toBeLessThan(36_001);
  expect(Math.max(...delays)).toBeLessThan(4.8 * hour + 1);
  expect(delays.slice(0, 20).reduce((sum, delay) => sum + delay)).toBeGreaterThan(24 * hour);
});
