import type { Context } from 'koa';
import type { Problem, Refusal } from '../errors.js';
import type { User } from '../stores/contract.js';
import type { Session } from '../stores/contract.js';

/**
 * How one family of clients talks. `hear` turns a request into the domain's words, `say` an outcome into a response,
 * `refuse` a reason into status and body. A dialect that lacks a handler's word cannot be bound to it; the loader says so.
 */
export interface Dialect {
  readonly name: string;
  readonly description: string;
  /** how paths compare: `typo3` is exact, `drupal` ignores case and a trailing slash */
  readonly matching: { sensitive: boolean; strict: boolean };
  readonly hear: Partial<Hearing>;
  readonly say: Partial<Saying>;
  readonly refuse: (ctx: Context, refusal: Refusal) => void;
  /** the text shown for one wrong field */
  readonly problemText: (problem: Problem) => string;
  readonly policy: Policy;
  /** the CSRF token as this family's clients send it; undefined = none was sent, '' = an empty one */
  readonly csrfToken: (ctx: Context) => string | undefined;
  /** answer to OPTIONS where there is a route */
  readonly optionsStatus: 200 | 204;
  /** the media types of answers, by format name; the first is the default */
  readonly formats: Record<string, string>;
}

/** Numbers and choices in which families honestly differ. */
export interface Policy {
  /** a login for somebody who is logged in already: the credentials decide, or it is refused */
  loginWhileLoggedIn: 'replaces' | 'refused';
  /** may `username` be an e-mail address; 'configured' = accounts.loginByEmail */
  loginByEmail: 'configured' | 'never';
  /** when a switched-off account is admitted to be one */
  blockIsAdmitted: 'before-password' | 'never';
  /** locks (wrong passwords) are shown with the right password only, or this family knows none */
  lockout: 'after-password' | 'none';
  /** flood limits inside the login itself, beside the throttle middleware */
  flood: boolean;
  /** the same-origin fetch metadata replaces a CSRF token */
  fetchMetadataReplacesToken: boolean;
}

export interface Credentials {
  username: string;
  password: string;
  remember: boolean;
  returnTo?: string;
}

/** One method per thing a client can ask for. Each throws Refusal('invalid-input' | 'malformed-body' | …). */
export interface Hearing {
  login(ctx: Context): Promise<Credentials>;
  resetRequest(ctx: Context): Promise<{ email?: string; username?: string }>;
  magicRequest(ctx: Context): Promise<{ email: string }>;
  reset(ctx: Context): Promise<{ token: string; password: string; passwordConfirmation: string }>;
  token(ctx: Context): Promise<{ token: string }>;
  changePassword(ctx: Context): Promise<{ currentPassword: string; password: string; passwordConfirmation: string }>;
  changeEmail(ctx: Context): Promise<{ email: string; currentPassword: string }>;
  registration(ctx: Context): Promise<Record<string, unknown>>;
  userPatch(ctx: Context): Promise<Record<string, unknown>>;
}

/** One method per outcome. */
export interface Saying {
  authenticated(ctx: Context, yes: boolean): void;
  currentUser(ctx: Context, user: User): void;
  loggedIn(
    ctx: Context,
    outcome: { user: User; session: Session; csrfToken: string; logoutToken: string; returnTo?: string },
  ): void;
  loggedOut(ctx: Context): void;
  sessionToken(ctx: Context, token: string): void;
  pong(ctx: Context): void;
  /** a mail was (or, concealed, would have been) sent */
  mailSent(ctx: Context, kind: 'reset' | 'magic' | 'verify-email' | 'change-email'): void;
  passwordReset(ctx: Context): void;
  unlocked(ctx: Context): void;
  simulated(ctx: Context, user: User): void;
  terminated(ctx: Context, count: number): void;
  registered(ctx: Context, outcome: { user: User; approvalNeeded: boolean; verificationNeeded: boolean }): void;
  done(ctx: Context, outcome?: Record<string, unknown>): void;
  user(ctx: Context, user: User): void;
  deleted(ctx: Context): void;
}
