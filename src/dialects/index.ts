import type { Dialect } from './dialect.js';
import { drupal } from './drupal/index.js';
import { html } from './html/index.js';
import { typo3 } from './typo3/index.js';

/** Every dialect by the name routes.yaml uses. */
export const dialects: ReadonlyMap<string, Dialect> = new Map(
  [drupal, html, typo3].map((dialect) => [dialect.name, dialect]),
);
