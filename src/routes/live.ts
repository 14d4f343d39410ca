import type { Services } from '../auth/services.js';
import { describeWarning, Misconfiguration, type Mistake } from '../errors.js';
import { runInSlices } from '../lib/slices.js';
import { bindInSteps, type BindOptions } from './bind.js';
import type { RouteTable, Vocabulary } from './contract.js';
import { openRoutes } from './open.js';
import { Watcher, type Stamps } from './watch.js';

export interface LiveOptions {
  vocabulary: Vocabulary;
  services: Services;
  readBody: BindOptions['readBody'];
  welcomeOwnCode?: BindOptions['welcomeOwnCode'];
  /** what `when@…` blocks may call this environment */
  environments?: readonly string[];
  cwd?: string;
  /** false: the file is read once */
  watch?: boolean;
  /** gets what the operator should read when a reload fails; the log gets it anyway */
  report?: (text: string) => void;
}

export interface LiveState {
  /** one line for /health/ready, without the file's text; undefined: the file as it is now is what is served */
  trouble: string | undefined;
  /** when the table in use was made (ms) */
  since: number;
  routes: number;
  reloads: number;
  failures: number;
}

export interface LiveRoutes {
  /** the table in use; a request keeps the one it started with */
  table: () => RouteTable;
  /** why the file on disk is not what is served; undefined: it is */
  problem: () => string | undefined;
  state: () => LiveState;
  /** reads the file now, whatever the watcher saw; resolves when the table is in use or the mistakes are told */
  reload: () => Promise<void>;
  close: () => Promise<void>;
}

/**
 * Serves the routes file as it is now (contract routes-yaml, section 5): a change is read, judged and bound completely
 * beside the running table, then swapped in by one assignment. With any mistake the last good table stays.
 * @throws Misconfiguration when the first reading finds mistakes
 */
export async function createLiveRoutes(options: LiveOptions): Promise<LiveRoutes> {
  const live = new Live(options);
  try {
    await live.start();
    return live;
  } catch (error) {
    await live.close();
    throw error;
  }
}

interface Built {
  table: RouteTable;
  stamps: Stamps;
  warnings: Mistake[];
}

class Live implements LiveRoutes {
  #table!: RouteTable;
  #problem: string | undefined;
  #trouble: string | undefined;
  #since = 0;
  #reloads = 0;
  #failures = 0;
  readonly #watcher: Watcher | undefined;
  readonly #stop = new AbortController();
  /** the reload that runs, and whether the files changed again meanwhile */
  #running: Promise<void> | undefined;
  #again = false;

  constructor(private readonly options: LiveOptions) {
    const { settleMs } = options.services.settings.routes;
    if (options.watch !== false) this.#watcher = new Watcher(settleMs, () => void this.reload());
  }

  table = (): RouteTable => this.#table;
  problem = (): string | undefined => this.#problem;
  state = (): LiveState => ({
    trouble: this.#trouble,
    since: this.#since,
    routes: this.#table.routes.length,
    reloads: this.#reloads,
    failures: this.#failures,
  });

  async start(): Promise<void> {
    const built = await this.#build();
    this.#use(built);
    await this.#watcher?.follow(built.stamps);
  }

  reload = (): Promise<void> => {
    this.#again = true;
    this.#running ??= this.#reloadUntilQuiet().finally(() => (this.#running = undefined));
    return this.#running;
  };

  close = async (): Promise<void> => {
    this.#stop.abort();
    await this.#watcher?.close();
    await this.#running;
  };

  async #reloadUntilQuiet(): Promise<void> {
    while (this.#again && !this.#stop.signal.aborted) {
      this.#again = false;
      await this.#reloadOnce();
    }
  }

  async #reloadOnce(): Promise<void> {
    try {
      const built = await this.#build();
      this.#use(built);
      this.#reloads++;
      this.#problem = undefined;
      this.#trouble = undefined;
      await this.#watcher?.follow(built.stamps);
      this.options.services.log.info({ routes: built.table.routes.length }, 'routes reloaded');
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#keepLast(error);
    }
  }

  /** The swap: one assignment, nobody ever sees half a table. */
  #use({ table, warnings }: Built): void {
    this.#table = table;
    this.#since = this.options.services.clock.now();
    for (const warning of warnings) this.options.services.log.warn(describeWarning(warning));
  }

  #keepLast(error: unknown): void {
    this.#failures++;
    const mistaken = error instanceof Misconfiguration;
    const text = mistaken ? error.message : `the routes could not be read: ${String(error)}`;
    const repeated = text === this.#problem;
    this.#problem = text;
    const count = mistaken ? `${error.mistakes.length} mistake${error.mistakes.length === 1 ? '' : 's'}` : 'trouble';
    this.#trouble = `${count} in the routes file, the last good routes serve`;
    if (repeated) return;
    this.options.services.log.error(
      mistaken ? { mistakes: text } : { err: error },
      'routes have mistakes, the last good ones stay in use',
    );
    this.options.report?.(text);
  }

  async #build(): Promise<Built> {
    const { services, vocabulary, environments, cwd } = this.options;
    const { signal } = this.#stop;
    const file = services.settings.routesFile;
    let stamps: Stamps = new Map();
    const onRead = (read: Stamps): Promise<void> | undefined => this.#watcher?.alsoFollow((stamps = read));
    const opened = await openRoutes(file, {
      vocabulary,
      settings: services.settings,
      environments,
      cwd,
      signal,
      onRead,
    });
    const table = await runInSlices(bindInSteps(opened.entries, { ...this.options, ownCode: opened.ownCode }), signal);
    return { table, stamps, warnings: opened.warnings };
  }
}
