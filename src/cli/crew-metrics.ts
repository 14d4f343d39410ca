import type { Worker } from 'node:cluster';
import { AggregatorRegistry } from 'prom-client';
import { exported, type Exported, type Figure } from '../metrics/metric.js';
import type { Gather } from '../metrics/index.js';

/** Between the supervisor and its workers: a worker asks for all, each is asked for its own. */
type Message = { metrics: 'all'; id: number; text?: string } | { metrics: 'own'; id: number; figures?: Exported[] };

const isMessage = (message: unknown): message is Message =>
  typeof message === 'object' && message !== null && 'metrics' in message;

/** A worker that does not answer in time is left out rather than the scrape lost. */
const patience = 2000;

class Questions<T> {
  readonly #open = new Map<number, (answer: T | undefined) => void>();
  #last = 0;

  ask(put: (id: number) => void): Promise<T | undefined> {
    const id = (this.#last += 1);
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.answer(id, undefined), patience);
      this.#open.set(id, (answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
      put(id);
    });
  }

  answer(id: number, answer: T | undefined): void {
    this.#open.get(id)?.(answer);
    this.#open.delete(id);
  }
}

/** In a worker: figures of all workers by way of the supervisor; should that fail, nothing but the truth: an error. */
export const gatherFromCrew: Gather = (own) => {
  const questions = new Questions<string>();
  process.on('message', (message) => {
    if (!isMessage(message)) return;
    if (message.metrics === 'all') questions.answer(message.id, message.text);
    else void own().then((figures) => process.send?.({ ...message, figures }));
  });
  return async () => {
    const text = await questions.ask((id) => process.send?.({ metrics: 'all', id }));
    if (text === undefined) throw new Error('the supervising process does not answer');
    return text;
  };
};

/** In the supervisor: answers the workers' questions. `listening` are those that have begun to serve. */
export function answerForCrew(listening: () => Iterable<Worker>, figures: Figure[]): (worker: Worker) => void {
  const questions = new Questions<Exported[]>();
  const askEach = (): Promise<Exported[] | undefined>[] =>
    [...listening()].map((worker) => questions.ask((id) => void worker.send({ metrics: 'own', id }, () => undefined)));

  async function all(): Promise<string> {
    const parts = (await Promise.all(askEach())).filter((part) => part !== undefined);
    parts.push(await Promise.all(figures.map(exported)));
    return AggregatorRegistry.aggregate(parts as never).metrics();
  }

  return (worker) =>
    worker.on('message', (message: unknown) => {
      if (!isMessage(message)) return;
      if (message.metrics === 'own') questions.answer(message.id, message.figures);
      else void all().then((text) => worker.send({ ...message, text }, () => undefined));
    });
}
