import { expect, test } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { createThrottle, type Entrance, type Place } from '../../src/auth/throttle.js';
import type { Counter } from '../../src/stores/contract.js';
import { openTestStores } from '../support/stores.js';

async function counterOf(points: number): Promise<Counter> {
  return (await openTestStores()).counters.counter('test', points, 600);
}

function placeOf(entrance: Entrance): Place {
  if (!entrance.allowed) throw new Error('was refused');
  return entrance.place;
}

test('of 200 attempts at once that fail, exactly 50 get in', async () => {
  const enter = createThrottle(await counterOf(50), 50);
  let inside = 0;
  const attempts = Array.from({ length: 200 }, async () => {
    const entrance = await enter('a');
    if (!entrance.allowed) return;
    inside += 1;
    await sleep(20);
    entrance.place.keep();
  });
  await Promise.all(attempts);
  expect(inside).toBe(50);
});

test('sixty right logins at once all get in, even when together they take longer than the wait', async () => {
  const enter = createThrottle(await counterOf(5), 100);
  let line = Promise.resolve();
  const work = (): Promise<void> => (line = line.then(() => sleep(20)));
  const attempts = Array.from({ length: 60 }, async () => {
    const entrance = await enter('office');
    if (!entrance.allowed) return false;
    await work();
    await entrance.place.giveBack();
    return true;
  });
  expect(await Promise.all(attempts)).not.toContain(false);
});

test('one after the other all get in where there is a single place', async () => {
  const enter = createThrottle(await counterOf(1));
  const attempts = Array.from({ length: 10 }, async () => {
    const entrance = await enter('a');
    if (entrance.allowed) await sleep(2).then(() => entrance.place.giveBack());
    return entrance.allowed;
  });
  expect(await Promise.all(attempts)).not.toContain(false);
});

test('a refusal that arrives before the answer to whoever got the place waits for it', async () => {
  const counter = await counterOf(1);
  const take: Counter['take'] = async (key) => {
    const answer = await counter.take(key);
    if (answer.allowed) await sleep(50);
    return answer;
  };
  const enter = createThrottle({ ...counter, take }, 1000);
  const attempts = Array.from({ length: 5 }, async () => {
    const entrance = await enter('a');
    if (entrance.allowed) await entrance.place.giveBack();
    return entrance.allowed;
  });
  expect(await Promise.all(attempts)).not.toContain(false);
});

test('an attempt waits while places are only held, and is refused when none comes back in time', async () => {
  const enter = createThrottle(await counterOf(1), 60);
  const held = placeOf(await enter('a'));
  const start = performance.now();
  expect((await enter('a')).allowed).toBe(false);
  expect(performance.now() - start).toBeGreaterThan(50);
  await held.giveBack();
  expect((await enter('a')).allowed).toBe(true);
});

test('whoever waits is refused at once when the last held place turns out to be a failure', async () => {
  const enter = createThrottle(await counterOf(1), 5000);
  const held = placeOf(await enter('a'));
  const waiting = enter('a');
  await sleep(10);
  held.keep();
  const start = performance.now();
  expect((await waiting).allowed).toBe(false);
  expect(performance.now() - start).toBeLessThan(1000);
});

test('keys do not see each other, and a place is given back once only', async () => {
  const enter = createThrottle(await counterOf(1), 10);
  const first = placeOf(await enter('a'));
  expect((await enter('b')).allowed).toBe(true);
  await first.giveBack();
  await first.giveBack();
  expect((await enter('a')).allowed).toBe(true);
  expect((await enter('a')).allowed).toBe(false);
});
