// @ts-check
/**
 * Runs in the thread in which Node looks for modules. Node keeps a module for ever under its URL, so what a user's module
 * imports gets a URL with its version as the module itself has: a file that changed is read again, one that did not stays
 * the same module for all who import it.
 */
import { fileURLToPath } from 'node:url';
import { versionOf } from './own-imports.js';

/** @typedef {{ url: string }} Resolved */

/**
 * @param {string} specifier
 * @param {{ parentURL?: string }} context
 * @param {(specifier: string, context: object) => Promise<Resolved>} next
 * @returns {Promise<Resolved>}
 */
export async function resolve(specifier, context, next) {
  const resolved = await next(specifier, context);
  const isOwn = /\?version=[0-9a-f]{16}$/.test(context.parentURL ?? '') && /^\.{1,2}\//.test(specifier);
  if (!isOwn || !/^file:[^?]*$/.test(resolved.url)) return resolved;
  return { ...resolved, url: `${resolved.url}?version=${versionOf(fileURLToPath(resolved.url))}` };
}
