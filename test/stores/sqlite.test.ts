import Database from 'libsql';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStores } from '../../src/stores/open.js';
import { fulfilsTheContract, type Opened } from './contract.js';
import { frozenClock } from './kit.js';
import { holdsBetweenProcesses } from './processes.js';
import { wiping } from './servers.js';

function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

async function openFile(): Promise<Opened> {
  const { folder, remove } = temporaryFolder();
  const clock = frozenClock();
  const stores = await openStores({ databaseUrl: '', dataDir: folder, clock });
  const other = new Database(join(folder, 'gatehouse.sqlite'));
  const close = async () => {
    other.close();
    await stores.close();
    remove();
  };
  return { stores, clock, wipe: async () => void other.exec(wiping('"').join(';')), close };
}

async function openMemory(): Promise<Opened> {
  const clock = frozenClock();
  const stores = await openStores({ databaseUrl: 'sqlite::memory:', dataDir: '', clock });
  return { stores, clock, close: () => stores.close() };
}

fulfilsTheContract('SQLite in a file', openFile);
fulfilsTheContract('SQLite in memory', openMemory);

holdsBetweenProcesses('SQLite', async () => {
  const { folder, remove } = temporaryFolder();
  return { place: { databaseUrl: '', dataDir: folder }, remove: async () => remove() };
});
