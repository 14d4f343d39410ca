import type { LinkPurpose } from '../stores/contract.js';
import type { Markup } from './html.js';
import type { Kind } from './look.js';
import type { View } from './view.js';

/** One page people see. Its name is its handler's name in routes.yaml. */
export interface Page {
  name: string;
  description: string;
  kind: Kind;
  /** the mailed link it needs; one that does not work any more is said at once */
  link?: LinkPurpose;
  /** without a token it has something else to show */
  opensWithoutLink?: boolean;
  /** somebody who is signed in goes to `redirects.alreadyAuthenticated` where that is set */
  forGuests?: boolean;
  /** the page that a form's success leads to; absent: back to this one */
  next?: string;
  title(view: View): string;
  content(view: View): Markup | Promise<Markup>;
}
