import type { Context } from 'koa';
import { findLink } from '../auth/link.js';
import type { Services } from '../auth/services.js';
import { Refusal } from '../errors.js';
import { loginOf } from '../http/session.js';
import { pages } from '../pages/index.js';
import { lookOf } from '../pages/look.js';
import type { Page } from '../pages/page.js';
import { showPage } from '../pages/show.js';
import type { HandlerDefinition } from '../routes/contract.js';

/** Each page as a handler of its name; what it says and asks stands in its file under pages/. */
export const pageHandlers: HandlerDefinition[] = [...pages.values()].map(pageHandler);

function pageHandler(page: Page): HandlerDefinition {
  return {
    name: page.name,
    description: page.description,
    changesState: false,
    page: true,
    create({ services }) {
      lookOf(services.settings);
      return async (ctx) => {
        if (page.forGuests) await sendAway(ctx, services);
        if (page.link && needsLink(ctx, page)) await findLink(services, tokenOf(ctx), page.link);
        await showPage(ctx, services, page);
      };
    },
  };
}

async function sendAway(ctx: Context, services: Services): Promise<void> {
  const { alreadyAuthenticated } = services.settings.redirects;
  if (alreadyAuthenticated && (await loginOf(ctx, services))) throw new Refusal('already-authenticated');
}

function needsLink(ctx: Context, page: Page): boolean {
  return !page.opensWithoutLink || tokenOf(ctx) !== '';
}

/** A parameter that is there twice is none. */
function tokenOf(ctx: Context): string {
  return typeof ctx.query.token === 'string' ? ctx.query.token : '';
}
