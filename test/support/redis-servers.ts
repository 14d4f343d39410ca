import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { Redis } from 'ioredis';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ended } from './process.js';

export interface RedisServer {
  port: number;
  kill(): Promise<void>;
}

/** Debian's redis-server, where it is installed. */
export function hasRedisServer(): boolean {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** `arguments` see the port; what they write goes to a folder that is removed. */
export async function startRedis(more: (port: number, folder: string) => string[] = () => []): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-redis-'));
  const port = await freePort();
  const common = ['--bind', '127.0.0.1', '--port', String(port), '--dir', folder, '--save', '', '--appendonly', 'no'];
  const child: ChildProcess = spawn('redis-server', [...more(port, folder), ...common], { stdio: 'ignore' });
  await answers(port);
  return {
    port,
    async kill() {
      child.kill('SIGKILL');
      await ended(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Nodes of a cluster also listen 10,000 above their port. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    if ((await isFree(port)) && (await isFree(port + 10_000))) return port;
  }
}

const isFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });

async function answers(port: number): Promise<void> {
  await withClient(port, async (client) => {
    for (let attempt = 0; attempt < 200; attempt++) {
      if (
        await client.ping().then(
          () => true,
          () => false,
        )
      )
        return;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    throw new Error(`redis-server on port ${port} does not answer`);
  });
}

export async function withClient<T>(port: number, work: (client: Redis) => Promise<T>): Promise<T> {
  const client = new Redis({ port, host: '127.0.0.1', protocol: 2, retryStrategy: () => 25, enableReadyCheck: false });
  client.on('error', () => {});
  try {
    return await work(client);
  } finally {
    client.disconnect();
  }
}

export interface RedisCluster {
  url: string;
  servers: RedisServer[];
  empty(): Promise<void>;
  stop(): Promise<void>;
}

/** Three nodes, a third of the slots each. */
export async function startCluster(): Promise<RedisCluster> {
  const enabled = () => ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000'];
  const servers = await Promise.all([startRedis(enabled), startRedis(enabled), startRedis(enabled)]);
  const bounds = [0, 5461, 10_923, 16_384];
  for (const [index, { port }] of servers.entries())
    await withClient(port, async (client) => {
      await client.call('cluster', 'addslotsrange', bounds[index]!, bounds[index + 1]! - 1);
      await client.call('cluster', 'meet', '127.0.0.1', servers[0]!.port);
    });
  await Promise.all(servers.map(({ port }) => withClient(port, knowsAllSlots)));
  return {
    url: `redis+cluster://${servers.map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
    servers,
    empty: async () =>
      void (await Promise.all(servers.map(({ port }) => withClient(port, (client) => client.flushall())))),
    stop: async () => void (await Promise.all(servers.map((server) => server.kill()))),
  };
}

async function knowsAllSlots(client: Redis): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt++) {
    const state = String(await client.call('cluster', 'info'));
    if (/cluster_state:ok/.test(state) && /cluster_known_nodes:3/.test(state)) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('the cluster does not come together');
}

/** A master, its copy, and a sentinel that lets the copy take over. */
export async function startSentinel() {
  const master = await startRedis();
  const copy = await startRedis(() => [
    '--replicaof',
    '127.0.0.1',
    String(master.port),
    '--repl-diskless-sync-delay',
    '0',
  ]);
  const sentinel = await startRedis((port, folder) => {
    const file = join(folder, 'sentinel.conf');
    writeFileSync(
      file,
      [
        `port ${port}`,
        'bind 127.0.0.1',
        `sentinel monitor house 127.0.0.1 ${master.port} 1`,
        'sentinel down-after-milliseconds house 500',
        'sentinel failover-timeout house 2000',
      ].join('\n'),
    );
    return [file, '--sentinel'];
  });
  return {
    url: `redis+sentinel://127.0.0.1:${sentinel.port}/house`,
    master,
    copy,
    stop: async () => void (await Promise.all([master, copy, sentinel].map((server) => server.kill()))),
  };
}
