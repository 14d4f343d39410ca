import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Agent, Answer } from '../support/agent.js';
import { rightPassword, startTestGatehouse, type TestGatehouse } from '../support/gatehouse.js';
import { startProxy, through, type Proxy } from '../support/proxy.js';
import { freshMysql, freshPostgres, type FreshDatabase } from '../stores/servers.js';

const login = '/api/login/logins/auth';
const current = '/api/login/users/current';
const credentials = { username: 'user', password: rightPassword };
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const times = <T>(count: number, make: () => Promise<T>) => Promise.all(Array.from({ length: count }, make));

const engines: [string, string | undefined, (server: string) => Promise<FreshDatabase>][] = [
  ['PostgreSQL', process.env.TEST_POSTGRES_URL, freshPostgres],
  ['MariaDB', process.env.TEST_MARIADB_URL, freshMysql],
];

for (const [name, server, fresh] of engines) {
  if (server) survivesOverHttp(name, () => fresh(server));
  else
    test.skip(`${name} in trouble, over HTTP: set TEST_${name === 'MariaDB' ? 'MARIADB' : 'POSTGRES'}_URL`, () => {});
}

/** What a client sees while the database server is in trouble. */
function survivesOverHttp(name: string, fresh: () => Promise<FreshDatabase>): void {
  describe(`${name} in trouble`, () => {
    let database: FreshDatabase;
    let proxy: Proxy;
    let gatehouse: TestGatehouse;
    let agent: Agent;

    beforeEach(async () => {
      database = await fresh();
      proxy = await startProxy(Number(new URL(database.databaseUrl).port));
      gatehouse = await startTestGatehouse({
        env: { DATABASE_URL: through(proxy, database.databaseUrl) },
        config: {
          metrics: { enabled: true },
          database: { poolSize: 4, statementTimeoutMs: 500, connectTimeoutMs: 500, waitSeconds: 0 },
        },
      });
      await gatehouse.addUser();
      agent = await gatehouse.loggedIn();
    });

    afterEach(async () => {
      await gatehouse.stop();
      await proxy.close();
      await database.remove();
    });

    const health = async () => {
      const [ready, live] = await Promise.all([
        gatehouse.agent().get('/health/ready'),
        gatehouse.agent().get('/health/live'),
      ]);
      return { ready: ready.status, live: live.status };
    };

    const expectUnavailable = ({ status, headers, json }: Answer) => {
      expect({ status, json }).toMatchObject({ status: 503, json: { error: 'Service temporarily unavailable.' } });
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    };

    async function expectBackWithin(milliseconds: number): Promise<void> {
      const begin = performance.now();
      while ((await agent.get(current)).status !== 200) {
        expect(performance.now() - begin).toBeLessThan(milliseconds);
        await pause(20);
      }
      expect((await gatehouse.agent().post(login, credentials)).status).toBe(200);
      expect(await health()).toEqual({ ready: 200, live: 200 });
    }

    test('gone while serving: 503 and when to come back, ready red, live green, and well within 2 s of its return', async () => {
      await proxy.stop();
      expectUnavailable(await agent.get(current));
      expectUnavailable(await gatehouse.agent().post(login, credentials));
      expect(await health()).toEqual({ ready: 503, live: 200 });
      expect((await gatehouse.agent().get('/api/ping')).status).toBe(200);
      expect((await gatehouse.agent().get('/metrics')).text).toMatch(/^gatehouse_store_up 0$/m);
      await proxy.start();
      await expectBackWithin(2000);
    });

    test('a session is not ended by an answer of 503', async () => {
      await proxy.stop();
      const answer = await agent.get(current);
      expect(answer.headers.getSetCookie()).toEqual([]);
      await proxy.start();
      await expectBackWithin(2000);
    });

    test('silent: every request of a crowd is answered in time, none piles up', async () => {
      proxy.silence();
      const begin = performance.now();
      for (const answer of await times(30, () => agent.get(current))) expectUnavailable(answer);
      expect(performance.now() - begin).toBeLessThan(6000);
      expect(await health()).toEqual({ ready: 503, live: 200 });
      proxy.speak();
      await expectBackWithin(2000);
    });

    test('slow: 503 in time rather than a wait without end', async () => {
      proxy.slowDown(5000);
      const begin = performance.now();
      expectUnavailable(await agent.get(current));
      expect(performance.now() - begin).toBeLessThan(4000);
      proxy.slowDown(0);
      proxy.drop();
      await expectBackWithin(2000);
    });

    test('failing over again and again under load: each answer is whole, and what was promised is there', async () => {
      const dropping = setInterval(() => proxy.drop(), 25);
      const agents = Array.from({ length: 12 }, () => gatehouse.agent());
      const answers = await Promise.all(agents.map((one) => one.post(login, credentials)));
      clearInterval(dropping);
      await expectBackWithin(2000);
      expect(answers.map(({ status }) => status).filter((status) => status !== 200 && status !== 503)).toEqual([]);
      for (const [index, one] of agents.entries())
        expect((await one.get(current)).status).toBe(answers[index]!.status === 200 ? 200 : 401);
    });
  });
}
