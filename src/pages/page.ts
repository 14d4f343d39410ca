import type { Markup } from './html.js';
import type { Kind } from './look.js';
import type { View } from './view.js';

/** One page people see. Its name is its handler's name in routes.yaml. */
export interface Page {
  name: string;
  description: string;
  kind: Kind;
  title(view: View): string;
  content(view: View): Markup | Promise<Markup>;
}
