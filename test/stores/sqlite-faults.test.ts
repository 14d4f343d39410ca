import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import Database from 'libsql';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Stores } from '../../src/stores/contract.js';
import { migrate, openStores } from '../../src/stores/open.js';
import { frozenClock, newLine, newSession, newUser, seal, start } from './kit.js';

let folder: string;
let file: string;
const clock = frozenClock();
const open = (database = {}): Promise<Stores> => openStores({ databaseUrl: '', dataDir: folder, clock, database });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatehouse-'));
  file = join(folder, 'gatehouse.sqlite');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a script in a process of its own; it may not write files beyond `kilobytes`. */
function inChild(script: string, kilobytes?: number): string {
  const source = (path: string) => JSON.stringify(new URL(path, import.meta.url).href);
  const imports = `import { openStores } from ${source('../../src/stores/open.ts')};
    import { newMail, newSession, newLine, seal } from ${source('./kit.ts')};
    const folder = ${JSON.stringify(folder)};`;
  const hooks = fileURLToPath(new URL('../support/typescript.js', import.meta.url));
  const limit = kilobytes ? `ulimit -f ${kilobytes}; ` : '';
  const command = `${limit}exec "$0" --import "$1" --input-type=module -e "$2"`;
  const environment = { ...process.env, NODE_OPTIONS: '' };
  return execFileSync('bash', ['-c', command, process.execPath, hooks, imports + script], {
    encoding: 'utf8',
    env: environment,
  });
}

describe('a database file that cannot be used', () => {
  test('of a newer version is refused by name and left as it is', async () => {
    await (await open()).close();
    const other = new Database(file);
    other.exec(`insert into gatehouse_migrations values ('9999_future', '2099')`);
    other.pragma('wal_checkpoint(truncate)');
    other.close();
    const before = readFileSync(file);
    const newer = /DATABASE_URL: the database was made by a newer version \(it has 9999_future\); nothing was changed/;
    await expect(open()).rejects.toMatchObject({ name: 'Misconfiguration', message: expect.stringMatching(newer) });
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  test.each([
    ['text', 'This is a text, not a database. '.repeat(300)],
    ['binary rubbish', Buffer.alloc(50_000, 0xa5)],
    ['a header without a body', 'SQLite format 3\0'],
  ])('that is %s is refused and left as it is', async (_name, content) => {
    writeFileSync(file, content);
    await expect(open()).rejects.toMatchObject({
      name: 'Misconfiguration',
      message: `DATABASE_URL: ${file} is not an SQLite database, or it is damaged`,
    });
    expect(readFileSync(file)).toEqual(Buffer.from(content));
  });

  test('that lost its second half is refused and left as it is', async () => {
    const stores = await open();
    for (let index = 0; index < 50; index++) await stores.users.insert(newUser());
    await stores.close();
    truncateSync(file, readFileSync(file).length / 2);
    const before = readFileSync(file);
    await expect(open()).rejects.toThrow(/DATABASE_URL: the database .* is damaged/);
    expect(readFileSync(file).equals(before)).toBe(true);
  });

  test('that is a folder is refused', async () => {
    mkdirSync(file);
    await expect(open()).rejects.toThrow(`DATABASE_URL: ${file} is not a file`);
  });

  test('in a URL that nobody serves is refused', async () => {
    const opening = (databaseUrl: string) => openStores({ databaseUrl, dataDir: folder, clock });
    await expect(opening('oracle://db')).rejects.toThrow('DATABASE_URL: "oracle:" is not a database this server knows');
    await expect(opening('sqlite:')).rejects.toThrow('DATABASE_URL: names no file; write sqlite:FILE');
    await expect(opening('nonsense')).rejects.toMatchObject({ name: 'Misconfiguration' });
  });

  test.each(['file', 'folder'])('that may not be written, because of its %s, is refused', async (what) => {
    await (await open()).close();
    chmodSync(file, what === 'file' ? 0o444 : 0o666);
    chmodSync(folder, what === 'folder' ? 0o555 : 0o777);
    expect(openAsNobody()).toMatch(`DATABASE_URL: the database ${file}, or its folder, is read-only`);
    chmodSync(folder, 0o777);
  });

  /** The superuser may write anything, so another user tries. */
  const openAsNobody = () =>
    inChild(`
      if (process.getuid() === 0) process.setuid(65534);
      await openStores({ databaseUrl: '', dataDir: folder, clock: Date }).catch(({ message }) => console.log(message));`);
});

describe('a good database file', () => {
  test('is made with its folder, is one file again when closed, and keeps what was stored', async () => {
    folder = join(folder, 'deep', 'er');
    file = join(folder, 'gatehouse.sqlite');
    const stores = await open();
    const user = await stores.users.insert(newUser());
    await stores.counters.counter('login', 2, 60).take('k');
    await stores.close();
    expect(existsSync(`${file}-wal`) && readFileSync(`${file}-wal`).length > 0).toBe(false);
    const again = await open();
    expect(await again.users.findById(user.id)).toEqual(user);
    expect(await again.counters.counter('login', 2, 60).look('k')).toMatchObject({ taken: 1 });
    await again.close();
  });

  test('is migrated by the command once and then found up to date', async () => {
    const options = { databaseUrl: `sqlite:${file}`, dataDir: folder, clock };
    expect(await migrate(options)).toEqual(['0001_house']);
    expect(await migrate(options)).toEqual([]);
  });

  test('is readable by its owner only, because it holds password hashes', async () => {
    const stores = await open();
    const mode = execFileSync('stat', ['-c', '%a', file], { encoding: 'utf8' }).trim();
    expect(mode).toBe('600');
    await stores.close();
  });
});

describe('while serving', () => {
  test('another program that holds the write lock makes writes fail as unavailable, while reads go on', async () => {
    const stores = await open({ statementTimeoutMs: 300 });
    const user = await stores.users.insert(newUser());
    const session = newSession(user.id);
    await stores.sessions.insert(session);
    const other = new Database(file);
    other.exec('begin immediate');
    let turns = 0;
    const turning = setInterval(() => turns++, 5);
    const writing = stores.users.noteLogin(user.id, start);
    expect(await stores.sessions.find(session.key)).toEqual(session);
    await expect(writing).rejects.toMatchObject({ name: 'StoreUnavailable' });
    clearInterval(turning);
    // it waited without standing still
    expect(turns).toBeGreaterThan(2);
    other.exec('rollback');
    other.close();
    await expect(stores.users.noteLogin(user.id, start)).resolves.toBeUndefined();
    await stores.close();
  });

  test('a short lock of another program is waited for', async () => {
    const stores = await open();
    const other = new Database(file);
    other.exec('begin immediate');
    setTimeout(() => other.exec('rollback'), 50);
    await expect(stores.users.insert(newUser())).resolves.toMatchObject({ name: '' });
    other.close();
    await stores.close();
  });

  test('a transaction that never ends is undone and does not lock out the others', async () => {
    const stores = await open({ statementTimeoutMs: 30 });
    let late: Promise<unknown> = Promise.resolve();
    const endless = stores.atomically(async (inner) => {
      await inner.users.insert(newUser({ username: 'half' }));
      await new Promise((resolve) => setTimeout(resolve, 150));
      late = inner.users.insert(newUser({ username: 'late' }));
      late.catch(() => {});
      await late;
    });
    await expect(endless).rejects.toMatchObject({ name: 'StoreUnavailable' });
    await new Promise((resolve) => setTimeout(resolve, 200));
    await expect(late).rejects.toThrow();
    expect(await stores.users.count()).toBe(0);
    await stores.close();
  });

  test('on a full disk a session or a mail is not half written, and what was there can still be read', async () => {
    const stores = await open();
    const user = await stores.users.insert(newUser());
    const session = newSession(user.id);
    await stores.sessions.insert(session);
    const output = inChild(
      `
      const stores = await openStores({ databaseUrl: '', dataDir: folder, clock: Date });
      const failure = (work) => work.then(() => 'no failure', ({ name }) => name);
      let stored = 1;
      for (;;) {
        const name = await failure(stores.sessions.insert(newSession(${user.id}, { userAgent: 'x'.repeat(5000) })));
        if (name !== 'no failure') break;
        stored++;
      }
      const payload = 'x'.repeat(2_000_000);
      const mail = await failure(stores.outbox.add(newMail({ payload })));
      const both = await failure(stores.atomically(async (inner) => {
        await inner.sessions.deleteOfUser(${user.id});
        await inner.outbox.add(newMail({ payload })).catch(() => {});
        await inner.audit.append(newLine(), seal);
      }));
      console.log(JSON.stringify({ stored, mail, both, counted: await stores.sessions.count(0) }));
      process.exit();`,
      1000,
    );
    const { stored, ...rest } = JSON.parse(output) as Record<string, unknown>;
    expect(rest).toEqual({ mail: 'StoreUnavailable', both: 'StoreUnavailable', counted: stored });
    expect(await stores.sessions.count(0)).toBe(stored);
    expect(await stores.outbox.list({})).toEqual([]);
    expect(await stores.sessions.find(session.key)).toEqual(session);
    await expect(stores.sessions.insert(newSession(user.id))).resolves.toBeUndefined();
    await stores.close();
  });

  test('an audit line that cannot be written leaves nothing of itself, and all that was written in the same turn', async () => {
    const stores = await open();
    await stores.audit.append(newLine(), seal);
    const columns = 'at, type, user_id, username, address, request_id, detail, hash';
    const other = new Database(file);
    other.exec(`insert into audit (id, ${columns}) select id + 1, ${columns} from audit`);
    other.close();
    const session = newSession(0);
    const [line, stored] = await Promise.allSettled([
      stores.audit.append(newLine(), seal),
      stores.sessions.insert(session),
    ]);
    expect([line.status, stored.status]).toEqual(['rejected', 'fulfilled']);
    expect(await stores.sessions.find(session.key)).toMatchObject({ key: session.key });
    expect(await stores.audit.head()).toMatchObject({ last: 1 });
    await stores.close();
  });

  test('closed stores are unavailable, not a crash', async () => {
    const stores = await open();
    await stores.close();
    await stores.close();
    const unavailable = { name: 'StoreUnavailable' };
    await expect(stores.ping()).rejects.toMatchObject(unavailable);
    await expect(stores.users.insert(newUser())).rejects.toMatchObject(unavailable);
    await expect((async () => stores.users.findById(1))()).rejects.toMatchObject(unavailable);
    await expect((async () => stores.sessions.find('key'))()).rejects.toMatchObject(unavailable);
  });
});
