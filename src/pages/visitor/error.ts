import type { Page } from '../page.js';
import { ways } from '../parts.js';

/** What is shown where no page of ours was posted or opened: the message above says what happened. */
export const errorPage: Page = {
  name: 'error-page',
  description: 'Says what went wrong.',
  kind: 'card',
  title: ({ texts }) => texts.error.title,
  content: (view) => ways([view.path('home-page') || '/', view.texts.error.home]),
};
