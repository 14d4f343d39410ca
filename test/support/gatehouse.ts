import { afterAll, afterEach } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { createPasswords } from '../../src/auth/password-pool.js';
import type { Passwords } from '../../src/auth/services.js';
import { addUser, type UserRequest } from '../../src/auth/users.js';
import { loadSettings } from '../../src/config/load.js';
import type { AuthEvent, EventType } from '../../src/events.js';
import { startGatehouse, type Gatehouse } from '../../src/gatehouse.js';
import { logOptions } from '../../src/http/log.js';
import type { Tracing } from '../../src/tracing/start.js';
import type { User } from '../../src/stores/contract.js';
import { Agent } from './agent.js';
import { FrozenClock } from './clock.js';
import { recordOutput } from './record.js';
import { findPlace, leavePlaces, type Place } from './place.js';

export interface TestOptions {
  /** settings that differ, as one would write them in a CONFIG_FILE */
  config?: Record<string, unknown>;
  /** the text of a routes file instead of the shipped one */
  routes?: string;
  env?: Record<string, string>;
  clock?: FrozenClock;
  /** reuse a folder, as after a restart */
  dataDir?: string;
  tracing?: Tracing | undefined;
}

export interface TestGatehouse extends Gatehouse {
  url: string;
  folder: string;
  clock: FrozenClock;
  /** leads a command to the same stores */
  env: Record<string, string>;
  /** past the stores */
  query: Place['query'];
  events: AuthEvent[];
  /** the lines of the log, parsed */
  logged: Record<string, unknown>[];
  agent(headers?: Record<string, string>): Agent;
  addUser(request?: Partial<UserRequest>): Promise<User>;
  /** an agent that is logged in as `user` with the password of `addUser` */
  loggedIn(username?: string): Promise<Agent>;
  eventsOf<T extends EventType>(type: T): Extract<AuthEvent, { type: T }>[];
}

export const rightPassword = 'correct horse battery';
const running: Gatehouse[] = [];
const folders: string[] = [];
/** starting worker threads takes longer than most tests: those of a file share theirs */
let shared: Passwords | undefined;
const shippedRoutes = fileURLToPath(new URL('../../routes.yaml', import.meta.url));

/** The test brings its own stores. */
const elsewhere: Place = { env: {}, config: {}, query: () => Promise.reject(new Error('ask them')), pass: () => {} };

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-test-'));
  folders.push(folder);
  return folder;
}

/** The real server on a free port, over SQLite in memory or what `TEST_ENGINE` says, with cheap hashes and a clock that stands still. */
export async function startTestGatehouse({
  config = {},
  routes,
  env = {},
  clock = new FrozenClock(),
  dataDir,
  tracing,
}: TestOptions = {}): Promise<TestGatehouse> {
  const folder = temporaryFolder();
  const place = 'DATABASE_URL' in env ? elsewhere : await findPlace(dataDir);
  clock.onAdvance(place.pass);
  writeFileSync(join(folder, 'config.yaml'), JSON.stringify({ ...place.config, ...config }));
  if (routes !== undefined) writeFileSync(join(folder, 'routes.yaml'), routes);
  const environment = {
    NODE_ENV: 'test',
    PORT: '0',
    PUBLIC_URL: 'http://localhost:3000',
    CONFIG_FILE: join(folder, 'config.yaml'),
    ROUTES_FILE: routes === undefined ? shippedRoutes : join(folder, 'routes.yaml'),
    DATA_DIR: dataDir ?? join(folder, 'var'),
    ...place.env,
    ...env,
  };
  const settings = loadSettings({ env: environment, cwd: folder });
  const events: AuthEvent[] = [];
  const logged: Record<string, unknown>[] = [];
  const log = pino(logOptions('debug'), {
    write(line: string) {
      recordOutput(line);
      logged.push(JSON.parse(line) as Record<string, unknown>);
    },
  });
  const passwords = config.password === undefined ? (shared ??= createPasswords(settings.password)) : undefined;
  const listeners = [(event: AuthEvent) => void events.push(event)];
  const gatehouse = await startGatehouse(settings, {
    clock,
    log,
    listeners,
    tracing,
    idleGrace: 25,
    ...(passwords && { passwords }),
  });
  running.push(gatehouse);
  const { host, port } = gatehouse.address();
  const url = `http://${host}:${port}`;
  const { services } = gatehouse;
  return {
    ...gatehouse,
    url,
    folder,
    clock,
    env: environment,
    query: place.query,
    events,
    logged,
    agent: (headers) => new Agent(url, headers),
    addUser: (request = {}) => {
      const person = { username: 'user', email: 'user@example.com', password: rightPassword, ...request };
      return addUser(services, person, 'test', { address: 'test', userAgent: '', requestId: '' });
    },
    async loggedIn(username = 'user') {
      const agent = new Agent(url);
      const answer = await agent.post('/api/login/logins/auth', { username, password: rightPassword });
      if (answer.status !== 200) throw new Error(`login failed: ${answer.status} ${answer.text}`);
      return agent;
    },
    eventsOf: <T extends EventType>(type: T) =>
      events.filter((event) => event.type === type) as Extract<AuthEvent, { type: T }>[],
  };
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((gatehouse) => gatehouse.stop()));
  leavePlaces();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

afterAll(async () => {
  await shared?.close();
  shared = undefined;
});
