import type { HandlerDefinition } from '../routes/contract.js';
import { authenticated } from './authenticated.js';
import { currentUser } from './current-user.js';
import { login } from './login.js';
import { logout } from './logout.js';
import { homePage } from './home-page.js';
import { pageHandlers } from './pages.js';
import { ping } from './ping.js';
import { resetPassword } from './reset-password.js';
import { resetPasswordLink } from './reset-password-link.js';
import { sessionToken } from './session-token.js';

/** Every handler by the name routes.yaml uses. */
export const handlers: ReadonlyMap<string, HandlerDefinition> = new Map(
  [
    authenticated,
    currentUser,
    homePage,
    login,
    logout,
    ping,
    resetPassword,
    resetPasswordLink,
    sessionToken,
    ...pageHandlers,
  ].map((definition) => [definition.name, definition]),
);
