import type { Context } from 'koa';
import { findLink } from '../auth/link.js';
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
        if (page.link && needsLink(ctx, page)) await findLink(services, tokenOf(ctx), page.link);
        await showPage(ctx, services, page);
      };
    },
  };
}

function needsLink(ctx: Context, page: Page): boolean {
  return !page.opensWithoutLink || tokenOf(ctx) !== '';
}

/** A parameter that is there twice is none. */
function tokenOf(ctx: Context): string {
  return typeof ctx.query.token === 'string' ? ctx.query.token : '';
}
