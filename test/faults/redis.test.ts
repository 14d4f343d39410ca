import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import type { Agent } from '../support/agent.js';
import { rightPassword, startTestGatehouse, type TestGatehouse } from '../support/gatehouse.js';
import { startProxy, through, type Proxy } from '../support/proxy.js';
import { withClient } from '../support/redis-servers.js';

const server = process.env.TEST_REDIS_URL;
const login = '/api/login/logins/auth';
const current = '/api/login/users/current';
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

if (server) survivesItsRedis(server);
else test.skip('Redis in trouble, over HTTP: set TEST_REDIS_URL', () => {});

/** What a client sees while the Redis of sessions and counters is in trouble, and the database is not. */
function survivesItsRedis(redis: string): void {
  describe('Redis in trouble', () => {
    const prefix = `gatehouse-${randomBytes(6).toString('hex')}:`;
    const port = Number(new URL(redis).port);
    let proxy: Proxy;
    let gatehouse: TestGatehouse;
    let agent: Agent;

    beforeEach(async () => {
      proxy = await startProxy(port);
      gatehouse = await startTestGatehouse({
        env: { REDIS_URL: through(proxy, redis) },
        config: { redis: { prefix }, database: { statementTimeoutMs: 500, connectTimeoutMs: 500 } },
      });
      await gatehouse.addUser();
      agent = await gatehouse.loggedIn();
    });

    afterEach(async () => {
      await gatehouse.stop();
      await proxy.close();
      await forgetEverything();
    });

    const forgetEverything = () =>
      withClient(port, async (client) => {
        const keys = await client.keys(`*${prefix}*`);
        for (const key of keys) await client.del(key);
      });

    const attempt = (password: string) => gatehouse.agent().post(login, { username: 'user', password });

    async function expectBackWithin(milliseconds: number): Promise<void> {
      const begin = performance.now();
      while ((await gatehouse.agent().get('/health/ready')).status !== 200) {
        expect(performance.now() - begin).toBeLessThan(milliseconds);
        await pause(20);
      }
    }

    test('gone: sessions and logins are answered 503, ready is red, live green, and it heals within 2 s', async () => {
      await proxy.stop();
      const again = await agent.post(login, { username: 'user', password: rightPassword });
      for (const answer of [await agent.get(current), await attempt(rightPassword), again]) {
        expect(answer.status).toBe(503);
        expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
        expect(answer.headers.getSetCookie()).toEqual([]);
      }
      expect((await gatehouse.agent().get('/health/ready')).status).toBe(503);
      expect((await gatehouse.agent().get('/health/live')).status).toBe(200);
      await proxy.start();
      await expectBackWithin(2000);
      expect((await agent.get(current)).status).toBe(200);
    });

    // (ASVS 16.5.3)
    test('gone: who guesses passwords meets the limit of each process, never an open door', async () => {
      await proxy.stop();
      const statuses: number[] = [];
      for (let times = 0; times < 60; times += 1) statuses.push((await attempt('wrong password')).status);
      expect(statuses.filter((status) => status === 422).length).toBeLessThanOrEqual(50);
      expect(statuses.slice(-10)).toEqual(Array.from({ length: 10 }, () => 429));
    });

    test('silent: a crowd is answered in time', async () => {
      proxy.silence();
      const begin = performance.now();
      const answers = await Promise.all(Array.from({ length: 30 }, () => agent.get(current)));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([503]));
      expect(performance.now() - begin).toBeLessThan(5000);
      proxy.speak();
      await expectBackWithin(2000);
    });

    test('restarted empty: everybody has to log in again, and can', async () => {
      await proxy.stop();
      await forgetEverything();
      await proxy.start();
      await expectBackWithin(2000);
      expect((await agent.get('/api/login/users/authenticated')).json).toEqual({ authenticated: false });
      expect((await attempt(rightPassword)).status).toBe(200);
    });
  });
}
