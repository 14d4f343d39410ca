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
      return (ctx) => showPage(ctx, services, page);
    },
  };
}
