import { Misconfiguration } from '../errors.js';
import { runInSlices } from '../lib/slices.js';
import type { LoadResult } from './contract.js';
import { loadInSteps, type LoadOptions } from './load.js';
import { importModules, type OwnCode } from './modules.js';
import type { Stamps } from './watch.js';

export interface OpenedRoutes extends LoadResult {
  ownCode: OwnCode;
}

export interface OpenOptions extends LoadOptions {
  signal?: AbortSignal;
  /** told what was read, also when mistakes follow */
  onRead?: (stamps: Stamps) => Promise<void> | undefined;
}

/**
 * Everything that can be checked without serving: the file, what it imports, and the user's own modules.
 * @throws Misconfiguration with every mistake at once
 */
export async function openRoutes(file: string, options: OpenOptions): Promise<OpenedRoutes> {
  const loaded = await runInSlices(loadInSteps(file, options), options.signal);
  const { code, mistakes, stamps } = await importModules(loaded.entries);
  await options.onRead?.(new Map([...loaded.stamps, ...stamps]));
  if (loaded.mistakes.length + mistakes.length > 0) throw new Misconfiguration([...loaded.mistakes, ...mistakes]);
  const { entries, warnings, files } = loaded;
  return { entries, warnings, files: [...files, ...stamps.keys()], ownCode: code };
}
