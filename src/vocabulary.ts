import { dialects } from './dialects/index.js';
import { handlers } from './handlers/index.js';
import { middleware } from './middleware/index.js';
import type { Vocabulary } from './routes/contract.js';

/** The words routes.yaml may use. */
export const vocabulary: Vocabulary = { handlers, middleware, dialects };
