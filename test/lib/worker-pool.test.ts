import { afterEach, expect, test } from '@jest/globals';
import { createWorkerPool, type WorkerPool } from '../../src/lib/worker-pool.js';

const file = new URL('../support/echo-worker.js', import.meta.url);
let pool: WorkerPool<string, string>;

afterEach(() => pool.close());

// (ASVS 15.4.4)
test('jobs are done first come, first served', async () => {
  pool = createWorkerPool(file, 1);
  const done: string[] = [];
  await Promise.all(['a', 'b', 'c', 'd'].map((name) => pool.run(name).then((answer) => done.push(answer))));
  expect(done).toEqual(['a', 'b', 'c', 'd']);
});

test('no more threads run than there may', async () => {
  pool = createWorkerPool(file, 2);
  const jobs = ['a', 'b', 'c'].map((name) => pool.run(name));
  expect({ running: pool.running, waiting: pool.waiting }).toEqual({ running: 2, waiting: 1 });
  await Promise.all(jobs);
  expect({ running: pool.running, waiting: pool.waiting }).toEqual({ running: 0, waiting: 0 });
});

test('a job whose caller has gone is taken out of the queue', async () => {
  pool = createWorkerPool(file, 1);
  const gone = new AbortController();
  const first = pool.run('first');
  const second = pool.run('second', gone.signal);
  gone.abort();
  expect(pool.waiting).toBe(0);
  await expect(second).rejects.toThrow(/abort/i);
  await expect(first).resolves.toBe('first');
  await expect(pool.run('late', gone.signal)).rejects.toThrow(/abort/i);
});

test('a dead thread fails its own job and is replaced for the next', async () => {
  pool = createWorkerPool(file, 1);
  const lost = pool.run('exit');
  const next = pool.run('next');
  await expect(lost).rejects.toThrow(/ended with 3/);
  await expect(next).resolves.toBe('next');
});

test('a job that throws in its thread is answered with the error', async () => {
  pool = createWorkerPool(file, 1);
  await expect(pool.run('throw')).rejects.toThrow('thrown in the thread');
  await expect(pool.run('next')).resolves.toBe('next');
});

test('closing ends what runs and what waits, and nothing hangs', async () => {
  pool = createWorkerPool(file, 1);
  const jobs = [pool.run('hang'), pool.run('waiting')].map((job) => expect(job).rejects.toThrow());
  await pool.close();
  await Promise.all(jobs);
  await expect(pool.run('late')).rejects.toThrow();
});
