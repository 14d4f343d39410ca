import { createHmac } from 'node:crypto';
import { request as requestHttp, type RequestOptions } from 'node:http';
import { request as requestHttps } from 'node:https';
import { postJob } from '../auth/jobs.js';
import type { Services } from '../auth/services.js';
import type { AuthEvent } from '../events.js';
import { publicLookup, refusePrivateHost } from '../lib/public-address.js';
import { GaveUp } from './worker.js';

export const webhookJob = 'webhook';

/** Queues an event for every webhook that wants it. */
export async function queueWebhooks(services: Services, event: AuthEvent): Promise<void> {
  for (const { url, events } of services.settings.webhooks) {
    if (events.length && !events.includes(event.type)) continue;
    const payload = { url, body: bodyOf(event) };
    // a path may be the receiver's secret: only the origin is shown
    await postJob(services, { kind: webhookJob, concerns: new URL(url).origin, payload });
  }
}

function bodyOf({ type, at, ...data }: AuthEvent): string {
  return JSON.stringify({ type, timestamp: new Date(at).toISOString(), data });
}

/** Posts one event. A redirect counts as a failure: it could lead anywhere (ASVS 15.3.2). */
export async function deliverWebhook(
  { settings, clock }: Services,
  payload: Record<string, unknown>,
  { id }: { id: string },
): Promise<void> {
  const { url, body } = payload as { url: string; body: string };
  const webhook = settings.webhooks.find((one) => one.url === url);
  if (!webhook) throw new GaveUp('it is no longer among the webhooks');
  const headers = signatureHeaders(webhook.secret, { id, body, seconds: Math.floor(clock.now() / 1000) });
  const status = await post(new URL(url), body, headers, settings.webhookOptions.allowPrivateAddresses);
  if (status === 410) throw new GaveUp('it answered 410: it wants no more');
  if (status < 200 || status > 299) throw new Error(`it answered ${status}`);
}

/**
 * As in the Standard Webhooks specification: the receiver computes HMAC-SHA-256 over `id.timestamp.body`, compares, and
 * refuses what is older than some minutes or has an id it has seen. A secret that begins with `whsec_` is base64.
 */
export function signatureHeaders(
  secret: string,
  { id, seconds, body }: { id: string; seconds: number; body: string },
): Record<string, string> {
  const key = secret.startsWith('whsec_') ? Buffer.from(secret.slice(6), 'base64') : Buffer.from(secret);
  const signature = createHmac('sha256', key).update(`${id}.${seconds}.${body}`).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': String(seconds), 'webhook-signature': `v1,${signature}` };
}

const patience = 10_000;

/** Answers the status; what else is answered is not read. */
function post(url: URL, body: string, headers: Record<string, string>, anywhere: boolean): Promise<number> {
  if (!anywhere) refusePrivateHost(url);
  const request = url.protocol === 'https:' ? requestHttps : requestHttp;
  const options: RequestOptions = {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    agent: false,
    signal: AbortSignal.timeout(patience),
    ...(anywhere ? {} : { lookup: publicLookup }),
  };
  return new Promise((resolve, reject) => {
    const sent = request(url, options, (response) => {
      resolve(response.statusCode ?? 0);
      response.destroy();
    });
    sent.once('error', reject);
    sent.end(body);
  });
}
