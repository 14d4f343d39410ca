import type { Passwords } from '../auth/services.js';
import type { Clock } from '../auth/services.js';
import type { OutboxStore, Stores } from '../stores/contract.js';
import type { Figure, Value } from './metric.js';

export interface RoutesState {
  routes: number;
  reloads: number;
  failures: number;
  trouble: string | undefined;
}

/** The queue of the password threads. */
export function passwordFigures(passwords: Passwords): Figure[] {
  const gauge = (name: string, help: string, value: () => number): Figure => ({
    name: `gatehouse_passwords_${name}`,
    help,
    type: 'gauge',
    values: () => [{ value: value() }],
  });
  return [
    gauge('waiting', 'Passwords that wait to be hashed or verified.', () => passwords.load.waiting),
    gauge('running', 'Passwords that are hashed or verified now.', () => passwords.load.running),
    gauge('threads', 'Threads that hash.', () => passwords.load.workers),
    gauge('queue_limit', 'How many may wait; more are answered 503.', () => passwords.load.queue),
  ];
}

export function routesFigures(state: () => RoutesState): Figure[] {
  return [
    {
      name: 'gatehouse_routes',
      help: 'Routes in use.',
      type: 'gauge',
      together: 'max',
      values: () => [{ value: state().routes }],
    },
    {
      name: 'gatehouse_routes_mistaken',
      help: '1 while the routes file has mistakes and the last good routes serve.',
      type: 'gauge',
      together: 'max',
      values: () => [{ value: state().trouble === undefined ? 0 : 1 }],
    },
    {
      name: 'gatehouse_routes_reloads_total',
      help: 'Readings of a changed routes file, by result.',
      type: 'counter',
      values: () => [
        { labels: { result: 'used' }, value: state().reloads },
        { labels: { result: 'refused' }, value: state().failures },
      ],
    },
  ];
}

/** Counting a million sessions is not free: it is done at most so often. */
const storeInterval = 30_000;

/** What lies in the stores. While they are out of reach these figures are absent and `gatehouse_store_up` is 0. */
export function storeFigures(stores: Stores, clock: Clock): Figure[] {
  const count = (ask: () => Promise<Value[]>) => atMostEvery(storeInterval, clock, ask);
  const sessions = count(async () => [{ value: await stores.sessions.count(clock.now()) }]);
  const mails = count(() => byState(stores.outbox));
  const jobs = count(() => byState(stores.jobs));
  const shared = (name: string, help: string, values: Figure['values']): Figure => ({
    name: `gatehouse_${name}`,
    help,
    type: 'gauge',
    together: 'max',
    values,
  });
  return [
    shared('store_up', '1 when the stores answer.', async () => [{ value: await answers(stores) }]),
    shared('sessions', 'Sessions that have not ended.', sessions),
    shared('mails', 'Mails in the outbox by state.', mails),
    shared('jobs', 'Other work in the queue by state.', jobs),
  ];
}

function answers(stores: Stores): Promise<number> {
  return stores.ping().then(
    () => 1,
    () => 0,
  );
}

async function byState(outbox: OutboxStore): Promise<Value[]> {
  const states = ['waiting', 'dead'] as const;
  return Promise.all(states.map(async (state) => ({ labels: { state }, value: await outbox.count(state) })));
}

function atMostEvery(interval: number, clock: Clock, ask: () => Promise<Value[]>): () => Promise<Value[]> {
  let known: { at: number; values: Value[] } | undefined;
  return async () => {
    const at = clock.now();
    if (known && at - known.at < interval && at >= known.at) return known.values;
    known = undefined;
    const values = await ask().catch((): Value[] => []);
    if (values.length > 0) known = { at, values };
    return values;
  };
}
