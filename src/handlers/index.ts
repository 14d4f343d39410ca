import type { HandlerDefinition } from '../routes/contract.js';
import { adminHandlers } from './admin/index.js';
import { authenticated } from './authenticated.js';
import { changeEmail } from './change-email.js';
import { changePassword } from './change-password.js';
import { changeProfile } from './change-profile.js';
import { changeUser } from './change-user.js';
import { confirmEmail } from './confirm-email.js';
import { confirmPassword } from './confirm-password.js';
import { currentUser } from './current-user.js';
import { deleteUser } from './delete-user.js';
import { endOtherSessions } from './end-other-sessions.js';
import { endSession } from './end-session.js';
import { homePage } from './home-page.js';
import { login } from './login.js';
import { logout } from './logout.js';
import { magicLink } from './magic-link.js';
import { magicLinkLogin } from './magic-link-login.js';
import { oneTimeAccount } from './one-time-account.js';
import { oneTimeAccountLogin } from './one-time-account-login.js';
import { oneTimeLogin } from './one-time-login.js';
import { pageHandlers } from './pages.js';
import { ping } from './ping.js';
import { proxy } from './proxy.js';
import { redirectTo } from './redirect-to.js';
import { register } from './register.js';
import { resetPassword } from './reset-password.js';
import { resetPasswordLink } from './reset-password-link.js';
import { respond } from './respond.js';
import { sessionToken } from './session-token.js';
import { sessions } from './sessions.js';
import { showUser } from './show-user.js';
import { simulate } from './simulate.js';
import { staticFiles } from './static.js';
import { terminate } from './terminate.js';
import { unlock } from './unlock.js';
import { verify } from './verify.js';
import { verifyEmail } from './verify-email.js';

/** Every handler by the name routes.yaml uses. */
export const handlers: ReadonlyMap<string, HandlerDefinition> = new Map(
  [
    ...adminHandlers,
    authenticated,
    changeEmail,
    changePassword,
    changeProfile,
    changeUser,
    confirmEmail,
    confirmPassword,
    currentUser,
    deleteUser,
    endOtherSessions,
    endSession,
    homePage,
    login,
    logout,
    magicLink,
    magicLinkLogin,
    oneTimeAccount,
    oneTimeAccountLogin,
    oneTimeLogin,
    ...pageHandlers,
    ping,
    proxy,
    redirectTo,
    register,
    resetPassword,
    resetPasswordLink,
    respond,
    sessionToken,
    sessions,
    showUser,
    simulate,
    staticFiles,
    terminate,
    unlock,
    verify,
    verifyEmail,
  ].map((definition) => [definition.name, definition]),
);
