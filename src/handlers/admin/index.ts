import type { HandlerDefinition } from '../../routes/contract.js';
import { actsOnUser } from './act-on-user.js';
import { answers } from './answers.js';
import { changeRoute, previewRoute } from './change-route.js';
import { changeUser } from './change-user.js';
import { createOneTimeAccount } from './create-one-time-account.js';
import { createUser } from './create-user.js';
import { endSession } from './end-session.js';
import { liftThrottle } from './lift-throttle.js';
import { listAudit } from './list-audit.js';
import { listMails } from './list-mails.js';
import { listRoutes } from './list-routes.js';
import { listSessions } from './list-sessions.js';
import { listThrottles } from './list-throttles.js';
import { listUsers } from './list-users.js';
import { retryMail } from './retry-mail.js';
import { showFigures } from './show-figures.js';
import { showMail } from './show-mail.js';
import { showUser } from './show-user.js';

/** What administrators do, for scripts and for the pages under /admin alike. */
export const adminHandlers: HandlerDefinition[] = [
  ...actsOnUser,
  changeRoute,
  changeUser,
  createOneTimeAccount,
  createUser,
  endSession,
  liftThrottle,
  listAudit,
  listMails,
  listRoutes,
  listSessions,
  listThrottles,
  listUsers,
  previewRoute,
  retryMail,
  showFigures,
  showMail,
  showUser,
].map((handler) => ({
  ...handler,
  answers: [{ status: 200, description: handler.description, schema: answers[handler.name]! }],
}));
