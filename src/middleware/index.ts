import type { MiddlewareDefinition } from '../routes/contract.js';
import { accountHash } from './account-hash.js';
import { admin } from './admin.js';
import { auth } from './auth.js';
import { authenticate } from './authenticate.js';
import { csrf } from './csrf.js';
import { fresh } from './fresh.js';
import { group } from './group.js';
import { guest } from './guest.js';
import { logoutToken } from './logout-token.js';
import { owner } from './owner.js';
import { throttle } from './throttle.js';

/** Every middleware by the name routes.yaml uses. */
export const middleware: ReadonlyMap<string, MiddlewareDefinition> = new Map(
  [accountHash, admin, auth, authenticate, csrf, fresh, group, guest, logoutToken, owner, throttle].map(
    (definition) => [definition.name, definition],
  ),
);
