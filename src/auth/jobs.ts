import { randomUUID } from 'node:crypto';
import type { OutboxMail, Stores } from '../stores/contract.js';
import type { Services } from './services.js';

const purpose = 'job';

export interface Job {
  kind: string;
  /** whom it concerns, for whoever lists the queue */
  concerns?: string;
  payload: Record<string, unknown>;
}

/** Puts work into the queue, within `stores` for a transaction. The payload is encrypted: it may hold what was typed. */
export async function postJob(services: Services, job: Job, stores: Stores = services.stores): Promise<void> {
  const now = services.clock.now();
  await stores.jobs.add({
    id: randomUUID(),
    template: job.kind,
    recipient: job.concerns ?? '',
    payload: services.keys.encrypt(purpose, JSON.stringify(job.payload)),
    state: 'waiting',
    attempts: 0,
    createdAt: now,
    nextTryAt: now,
    sentAt: 0,
    lastError: '',
  });
}

/** Undefined when no key opens it any more. */
export function payloadOf({ keys }: Services, { payload }: OutboxMail): Record<string, unknown> | undefined {
  const text = keys.decrypt(purpose, payload);
  return text === undefined ? undefined : (JSON.parse(text) as Record<string, unknown>);
}
