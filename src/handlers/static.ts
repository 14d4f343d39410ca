import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { statSync } from 'node:fs';
import { dirname, extname, resolve, sep } from 'node:path';
import type { Context } from 'koa';
import { Refusal } from '../errors.js';
import type { HandlerDefinition, RouteEntry } from '../routes/contract.js';
import { mistake } from './respond.js';

export const staticFiles: HandlerDefinition = {
  name: 'static',
  description: 'Serves the files of a folder: no listing, no dot files, no way out of it.',
  changesState: false,
  private: false,
  options: { dir: { type: 'string', minLength: 1, description: 'The folder, relative to the routes file.' } },
  requiredOptions: ['dir'],
  check(entry) {
    if (!/\{(\w+)<\.[*+]>(\?[^}]*)?\}$/.test(entry.path))
      return [mistake(entry, 'path', 'the path must end in {file<.*>}')];
    return isFolder(folderOf(entry))
      ? []
      : [mistake(entry, 'dir', `there is no folder "${String(entry.options.dir)}"`)];
  },
  create({ entry }) {
    const folder = folderOf(entry);
    const parameter = /\{(\w+)<[^{}]*\}$/.exec(entry.path)![1]!;
    const guarded = entry.middleware.some(({ name }) => name !== 'throttle');
    return async (ctx) => {
      const asked = (ctx.params as Record<string, string>)[parameter] ?? '';
      const file = await findFile(folder, asked);
      if (!file) throw new Refusal('not-found');
      ctx.set('Cache-Control', guarded ? 'private, no-cache' : 'no-cache');
      send(ctx, file);
    };
  },
};

interface File {
  path: string;
  size: number;
  modified: Date;
}

function folderOf({ file, options }: RouteEntry): string {
  return resolve(dirname(file), String(options.dir));
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** A folder's own page is its `index.html`. */
async function findFile(folder: string, asked: string): Promise<File | undefined> {
  const steps = asked.split('/');
  if (steps.some((step) => step.startsWith('.') || /[\\\u0000]/.test(step))) return undefined;
  const named = asked === '' || asked.endsWith('/') ? `${asked}index.html` : asked;
  try {
    return await openInside(await realpath(folder), resolve(folder, `./${named}`));
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES', 'ENAMETOOLONG'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return undefined;
    throw error;
  }
}

/** Judged by where it really is: a link that leads out of the folder, or to a dot file in it, is no file of ours. */
async function openInside(root: string, wanted: string): Promise<File | undefined> {
  const path = await realpath(wanted);
  if (!path.startsWith(root + sep) || path.slice(root.length).includes(`${sep}.`)) return undefined;
  const found = await stat(path);
  return found.isFile() ? { path, size: found.size, modified: found.mtime } : undefined;
}

/** The policy for our own JSON would keep a page from loading its own script. */
function send(ctx: Context, { path, size, modified }: File): void {
  ctx.set('Content-Security-Policy', "base-uri 'self'; frame-ancestors 'self'; object-src 'none'");
  ctx.status = 200;
  ctx.lastModified = modified;
  ctx.etag = `${size.toString(36)}-${modified.getTime().toString(36)}`;
  ctx.type = extname(path) || 'application/octet-stream';
  if (ctx.fresh) {
    ctx.body = null;
    ctx.status = 304;
    return;
  }
  ctx.length = size;
  ctx.body = createReadStream(path);
}
