import { realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { watch, type FSWatcher } from 'chokidar';
import { filesLike } from '../lib/glob.js';

/** What a table was made from: files, and patterns with the files they meant. By path, how each looked when it was read. */
export type Stamps = ReadonlyMap<string, string>;

const patternMark = 'files like ';

/** How a file looks from outside; to be taken before it is read, so that no change falls between. */
export function stampOf(path: string): string {
  if (path.startsWith(patternMark)) return filesLike(path.slice(patternMark.length)).join('\n');
  try {
    const { ino, mtimeMs, ctimeMs, size } = statSync(path);
    return `${realpathSync(path)} ${ino} ${mtimeMs} ${ctimeMs} ${size}`;
  } catch {
    return 'gone';
  }
}

/** The name under which a pattern is stamped. */
export function patternKey(pattern: string): string {
  return patternMark + pattern;
}

const lookEveryMs = 500;

/**
 * Tells when files change. Folders are watched, not files: editors save by renaming another file over the old one, and
 * Kubernetes swaps a symbolic link beside it. A regular look at the files themselves catches what no event tells
 * (network file systems, a folder that was replaced).
 */
export class Watcher {
  #seen = new Map<string, string>();
  #folders = '';
  #watching: FSWatcher | undefined;
  #settling: NodeJS.Timeout | undefined;
  readonly #looking: NodeJS.Timeout;

  constructor(
    private readonly settleMs: number,
    private readonly changed: () => void,
  ) {
    this.#looking = setInterval(() => this.#look(), lookEveryMs).unref();
  }

  /** From now on these count, and only these. */
  async follow(stamps: Stamps): Promise<void> {
    this.#seen = new Map(stamps);
    await this.#watchFolders();
  }

  /** These count too: a reading that failed came upon them, and one of them is about to be put right. */
  async alsoFollow(stamps: Stamps): Promise<void> {
    await this.follow(new Map([...this.#seen, ...stamps]));
  }

  async close(): Promise<void> {
    clearInterval(this.#looking);
    clearTimeout(this.#settling);
    await this.#watching?.close();
  }

  async #watchFolders(): Promise<void> {
    const folders = [...new Set([...this.#seen.keys()].map((path) => folderOf(path)))].sort();
    if (folders.join('\0') === this.#folders) return;
    this.#folders = folders.join('\0');
    await this.#watching?.close();
    this.#watching = watch(folders, { depth: 0, ignoreInitial: true, ignorePermissionErrors: true });
    this.#watching.on('all', () => this.#settle());
    // a folder that cannot be watched is looked at all the same
    this.#watching.on('error', () => {});
    await isReady(this.#watching);
  }

  /** Several saves in a row are one. */
  #settle(): void {
    clearTimeout(this.#settling);
    this.#settling = setTimeout(() => this.#look(), this.settleMs);
  }

  #look(): void {
    let isNew = false;
    for (const [path, stamp] of this.#seen) {
      const now = stampOf(path);
      if (now === stamp) continue;
      this.#seen.set(path, now);
      isNew = true;
    }
    if (isNew) this.changed();
  }
}

/** Changes before this moment send no event; it comes soon, or never for a folder that is gone. */
function isReady(watching: FSWatcher): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, 500);
    watching.once('ready', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

function folderOf(path: string): string {
  if (!path.startsWith(patternMark)) return dirname(path);
  const pattern = path.slice(patternMark.length);
  return dirname(pattern.slice(0, pattern.search(/[*?{[]/)) + 'x');
}
