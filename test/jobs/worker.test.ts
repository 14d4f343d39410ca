import { expect, test } from '@jest/globals';
import { postJob } from '../../src/auth/jobs.js';
import { GaveUp, startWorker, type Performer } from '../../src/jobs/worker.js';
import { startTestGatehouse } from '../support/gatehouse.js';

test('work is done once, however many look for it; it is tried again when it fails, not when that is hopeless', async () => {
  const { services, clock, worker } = await startTestGatehouse();
  await worker.close();
  const done: unknown[] = [];
  let failures = 1;
  const performers: Record<string, Performer> = {
    note: async ({ text }) => void done.push(text),
    shaky: async ({ text }) => {
      if (failures-- > 0) throw new Error('not now');
      done.push(text);
    },
    hopeless: async () => {
      throw new GaveUp('never');
    },
  };
  const workers = [startWorker(services, performers), startWorker(services, performers)];
  for (const kind of ['note', 'shaky', 'hopeless', 'unheard-of']) {
    await postJob(services, { kind, concerns: kind, payload: { text: kind } });
  }
  const run = () => Promise.all(workers.map((one) => one.runDue()));
  await run();
  expect(done).toEqual(['note']);
  clock.advance({ seconds: 5 });
  await run();
  expect(done).toEqual(['note', 'shaky']);
  const dead = await services.stores.jobs.list({ state: 'dead' });
  expect(new Map(dead.map(({ recipient, lastError }) => [recipient, lastError]))).toEqual(
    new Map([
      ['hopeless', 'never'],
      ['unheard-of', 'unknown kind of work'],
    ]),
  );
  await Promise.all(workers.map((one) => one.close()));
});

test('work that a process died over is given to another after two minutes', async () => {
  const { services, clock, worker } = await startTestGatehouse();
  await worker.close();
  await postJob(services, { kind: 'note', payload: {} });
  await services.stores.jobs.claim(clock.now(), clock.now() + 120_000, 1);
  let done = 0;
  const other = startWorker(services, { note: async () => void (done += 1) });
  expect(await other.runDue()).toBe(0);
  clock.advance({ minutes: 2 });
  expect(await other.runDue()).toBe(1);
  expect(done).toBe(1);
  await other.close();
});

test('work whose key was taken away is given up, and said so', async () => {
  const { services, worker, logged } = await startTestGatehouse();
  await worker.close();
  await postJob(services, { kind: 'note', payload: {} });
  const [job] = await services.stores.jobs.list({});
  await services.stores.jobs.add({ ...job!, id: 'other', payload: 'x'.repeat(80) });
  const other = startWorker(services, { note: async () => {} });
  await other.runDue();
  expect(await services.stores.jobs.find('other')).toMatchObject({ state: 'dead', lastError: 'no key opens it' });
  expect(logged.filter(({ msg }) => msg === 'work given up')).toHaveLength(1);
  await other.close();
});
