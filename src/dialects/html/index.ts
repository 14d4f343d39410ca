import type { Dialect } from '../dialect.js';
import { typo3 } from '../typo3/index.js';
import { refuse } from './refuse.js';
import { say } from './say.js';
import { tokenInForm } from './typed.js';

/**
 * Pages for people. It answers browsers in the place of the dialects that name it in `forBrowsers`: our pages, and the
 * forms they post to the same routes that scripts use. A refusal shows the page that posted, with what was typed; a
 * success leads to the next page. The forms' fields are those of EXT:login, so it hears with that dialect's ears; what
 * proves that our own page sent a form is `Sec-Fetch-Site` or `Origin`, which browsers send with every form; where
 * `csrf.require: token` wants more than that, each form carries the session's token in a field.
 */
export const html: Dialect = {
  ...typo3,
  name: 'html',
  description: 'Pages for people, and the forms on them: the page again with what is wrong, or 303 to the next one',
  say: { ...typo3.say, ...say },
  refuse,
  csrfToken: tokenInForm,
  formats: { html: 'text/html' },
};
