import { accountEmail } from './account/email.js';
import { account } from './account/overview.js';
import { accountPassword } from './account/password.js';
import { accountProfile } from './account/profile.js';
import { audit } from './admin/audit.js';
import { mail } from './admin/mail.js';
import { mails } from './admin/mails.js';
import { newUser } from './admin/new-user.js';
import { oneTimeAccountAdmin } from './admin/one-time-account.js';
import { overview } from './admin/overview.js';
import { route } from './admin/route.js';
import { routes } from './admin/routes.js';
import { sessions } from './admin/sessions.js';
import { throttles } from './admin/throttles.js';
import { user } from './admin/user.js';
import { users } from './admin/users.js';
import type { Page } from './page.js';
import { changeEmail } from './visitor/change-email.js';
import { confirm } from './visitor/confirm.js';
import { expiredLink, unknownLink } from './visitor/dead-link.js';
import { errorPage } from './visitor/error.js';
import { forgotPassword } from './visitor/forgot-password.js';
import { locked } from './visitor/locked.js';
import { login } from './visitor/login.js';
import { magicLink } from './visitor/magic-link.js';
import { mailSent } from './visitor/mail-sent.js';
import { oneTimeAccount } from './visitor/one-time-account.js';
import { oneTimeLogin } from './visitor/one-time-login.js';
import { register } from './visitor/register.js';
import { resetPassword } from './visitor/reset-password.js';
import { signedOut } from './visitor/signed-out.js';
import { unlock } from './visitor/unlock.js';
import { verifyEmail } from './visitor/verify-email.js';

/** Every page by the name routes.yaml uses. */
export const pages: ReadonlyMap<string, Page> = new Map(
  [
    account,
    accountEmail,
    accountPassword,
    accountProfile,
    audit,
    mail,
    mails,
    newUser,
    oneTimeAccountAdmin,
    overview,
    route,
    routes,
    sessions,
    throttles,
    user,
    users,
    changeEmail,
    forgotPassword,
    locked,
    login,
    magicLink,
    mailSent,
    oneTimeAccount,
    oneTimeLogin,
    register,
    resetPassword,
    signedOut,
    unlock,
    verifyEmail,
  ].map((page) => [page.name, page]),
);

export const signIn = login;

/** Pages that are shown in the place of another one. */
export const instead = {
  confirm,
  error: errorPage,
  'expired-link': expiredLink,
  locked,
  'unknown-link': unknownLink,
} satisfies Record<string, Page>;
