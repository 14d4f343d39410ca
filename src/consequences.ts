import { recordEvent } from './auth/audit.js';
import { linkJob, performLinkRequest } from './auth/link-request.js';
import { oneTimeLoginJob, performOneTimeLogin } from './auth/one-time-login.js';
import { performRegistration, registrationJob } from './auth/register-concealed.js';
import type { Services } from './auth/services.js';
import type { AuthEvent, Listener } from './events.js';
import { deliverWebhook, queueWebhooks, webhookJob } from './jobs/webhooks.js';
import type { Performer } from './jobs/worker.js';
import { sendNotices } from './mail/notices.js';

/** Who listens to what happens. Each may fail alone, and none can change an answer. */
export function listenersOf(services: Services): Listener[] {
  return [recordEvent, sendNotices, queueWebhooks, noteLogin].map((listen) => (event) => listen(services, event));
}

/** Who does the work of the queue, by its kind. */
export function performersOf(services: Services): Record<string, Performer> {
  return {
    [oneTimeLoginJob]: (payload) => performOneTimeLogin(services, payload),
    [linkJob]: (payload) => performLinkRequest(services, payload),
    [registrationJob]: (payload) => performRegistration(services, payload),
    [webhookJob]: (payload, job) => deliverWebhook(services, payload, job),
  };
}

async function noteLogin({ stores }: Services, event: AuthEvent): Promise<void> {
  if (event.type === 'login') await stores.users.noteLogin(event.userId, event.at);
}
