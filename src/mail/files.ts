import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readMail } from '../lib/eml.js';
import type { Message } from './compose.js';

/** Without a mail server each mail becomes a file, whole or not at all: nobody reads half a mail, a full disk leaves none. */
export async function writeMailFile(folder: string, name: string, { raw }: Message): Promise<string> {
  const file = join(folder, `${name}.eml`);
  const draft = `${file}.${process.pid}.part`;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  try {
    await writeAndSync(draft, raw);
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  return file;
}

/** The links in it are keys: nobody but the owner may read them. */
async function writeAndSync(file: string, raw: Buffer): Promise<void> {
  const handle = await open(file, 'w', 0o600);
  try {
    await handle.writeFile(raw);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A mail that was written here, by the end of its id; undefined when somebody took the file away. */
export async function readMailFile(folder: string, id: string): Promise<{ subject: string; text: string } | undefined> {
  const names = await readdir(folder).catch(() => []);
  const name = names.find((name) => name.endsWith(`-${id.slice(-8)}.eml`));
  return name === undefined ? undefined : readMail(await readFile(join(folder, name), 'utf8'));
}
