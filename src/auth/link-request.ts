import { Refusal } from '../errors.js';
import type { Origin } from '../events.js';
import type { Settings } from '../config/settings.js';
import type { LinkPurpose, User } from '../stores/contract.js';
import { postJob } from './jobs.js';
import { issueLink, linkUrl } from './link.js';
import type { Services } from './services.js';
import { isLive } from './session.js';

interface Kind {
  purpose: LinkPurpose;
  template: string;
  /** the handler of the page that the mail links to */
  page: string;
  minutes(settings: Settings): number;
  event: 'resetRequested' | 'magicLinkRequested';
}

/** Links that somebody gets by naming an address. */
const kinds = {
  reset: {
    purpose: 'reset',
    template: 'reset-request',
    page: 'reset-password-page',
    minutes: ({ links }) => links.resetMinutes,
    event: 'resetRequested',
  },
  magic: {
    purpose: 'magic',
    template: 'magic-link',
    page: 'magic-link-page',
    minutes: ({ links }) => links.magicMinutes,
    event: 'magicLinkRequested',
  },
} satisfies Record<string, Kind>;

export type LinkKind = keyof typeof kinds;

export interface LinkWish {
  email: string;
  /** hash of the mark of the browser that asks: the link works nowhere else (ASVS 6.6.2) */
  browser?: string | undefined;
}

export const linkJob = 'link-request';

/**
 * Mails a link to whoever has this address; a locked user may ask. Where `accounts.conceal` hides who is known, the wish
 * is only written down: nothing looks at the address before the answer is out, so the answer and its time cannot depend
 * on it (ASVS 6.3.8).
 * @throws Refusal 'unknown-address', unless concealed
 */
export async function requestLink(services: Services, kind: LinkKind, wish: LinkWish, origin: Origin): Promise<void> {
  if (services.settings.accounts.conceal) return conceal(services, kind, wish, origin);
  if (!(await sendLink(services, kind, wish, origin))) throw new Refusal('unknown-address', { field: 'email' });
}

function conceal(services: Services, kind: LinkKind, wish: LinkWish, origin: Origin): Promise<void> {
  const { address, userAgent, requestId } = origin;
  const payload = { kind, ...wish, origin: { address, userAgent: userAgent.slice(0, 300), requestId } };
  return postJob(services, { kind: linkJob, payload });
}

/** What a concealed wish comes to, after the answer. */
export async function performLinkRequest(services: Services, payload: Record<string, unknown>): Promise<void> {
  const { kind, origin, ...wish } = payload as unknown as { kind: LinkKind; origin: Origin } & LinkWish;
  if (await sendLink(services, kind, wish, origin)) return;
  const at = services.clock.now();
  services.tell({ type: 'refused', reason: 'unknown-address', route: kinds[kind].template, times: 1, at, origin });
}

/** False: nobody has the address. The mail enters the outbox in the same step as the link: neither is lost. */
async function sendLink(services: Services, name: LinkKind, wish: LinkWish, origin: Origin): Promise<boolean> {
  const kind: Kind = kinds[name];
  const at = services.clock.now();
  const user = await services.stores.users.findByEmail(wish.email);
  if (!user || !isLive(user, at)) return false;
  await mailLink(services, kind, user, wish);
  services.tell({ type: kind.event, at, origin, userId: user.id, username: user.username });
  return true;
}

async function mailLink(services: Services, kind: Kind, user: User, { browser }: LinkWish): Promise<void> {
  const minutes = kind.minutes(services.settings);
  const request = { userId: user.id, purpose: kind.purpose, minutes, data: browser ? { browser } : {} };
  await services.stores.atomically(async (stores) => {
    const url = linkUrl(services, kind.page, await issueLink(services, request, stores));
    await services.mailer.post({ template: kind.template, to: user.email, user, values: { url, minutes } }, stores);
  });
  services.mailer.wake();
}
