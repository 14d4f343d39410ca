import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export function resolve(specifier, context, next) {
  const source = specifier.startsWith('.') && sourceOf(new URL(specifier, context.parentURL));
  return source ? { url: source, shortCircuit: true } : next(specifier, context);
}

function sourceOf(url) {
  const source = url.href.replace(/\.js$/, '.ts');
  return source !== url.href && existsSync(fileURLToPath(source)) ? source : undefined;
}

export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  return { format: 'module', source: await compiled(fileURLToPath(url)), shortCircuit: true };
}

/** Ten processes that start at once compile each file once. */
async function compiled(file) {
  const text = await readFile(file, 'utf8');
  const name = createHash('sha256').update(file).update(text).digest('hex');
  const kept = join(tmpdir(), `gatehouse-${name}.js`);
  return readFile(kept, 'utf8').catch(() => compile(text, kept));
}

async function compile(text, kept) {
  const jsc = { parser: { syntax: 'typescript' }, target: 'es2022' };
  const { transform } = await import('@swc/core');
  const { code } = await transform(text, { jsc, module: { type: 'es6' }, sourceMaps: 'inline' });
  const mine = `${kept}.${process.pid}`;
  await writeFile(mine, code);
  await rename(mine, kept);
  return code;
}
