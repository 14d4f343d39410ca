import { transform } from '@swc/core';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
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
  const text = await readFile(fileURLToPath(url), 'utf8');
  const jsc = { parser: { syntax: 'typescript' }, target: 'es2022' };
  const { code } = await transform(text, { jsc, module: { type: 'es6' }, sourceMaps: 'inline' });
  return { format: 'module', source: code, shortCircuit: true };
}
