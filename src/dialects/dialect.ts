import type { Context } from 'koa';
import type { CsrfStrictness } from '../auth/csrf.js';
import type { EditRules, UserChange } from '../auth/edit-user.js';
import type { OneTimeLogin, Wish } from '../auth/one-time-login.js';
import type { LoginPolicy } from '../auth/policy.js';
import type { Registered, Registration, RegistrationRules } from '../auth/register.js';
import type { Services, Visitor } from '../auth/services.js';
import type { Settings } from '../config/settings.js';
import type { Answer } from '../lib/answer.js';
import type { Problem, Reason, Refusal } from '../errors.js';
import type { BoundRoute, JsonSchema } from '../routes/contract.js';
import type { Session, User } from '../stores/contract.js';

/**
 * How one family of clients talks. `hear` turns a request into the domain's words, `say` an outcome into a response,
 * `refuse` a reason into status and body. A dialect that lacks a handler's word cannot be bound to it; the loader says so.
 */
export interface Dialect {
  readonly name: string;
  readonly description: string;
  /** the dialect that answers a browser on its pages, and to the forms they post */
  readonly forBrowsers?: string;
  /** how paths compare: `typo3` is exact, `drupal` ignores case and a trailing slash */
  readonly matching: { sensitive: boolean; strict: boolean };
  /** the request's body as an object; `text` when everything in it arrived as strings (a form) */
  readonly readBody: (
    ctx: Context,
    services: Services,
  ) => Promise<{ value: Record<string, unknown>; from: 'json' | 'text' }>;
  /** what these clients must not ask of a route, looked at before its middleware. @throws Refusal */
  readonly admit?: (ctx: Context, route: BoundRoute) => void;
  /** what a form of this family holds, for handlers whose input differs between dialects */
  readonly inputs?: Partial<Record<keyof Hearing, JsonSchema>>;
  readonly hear: Partial<Hearing>;
  readonly say: Partial<Saying>;
  readonly refuse: (ctx: Context, refusal: Refusal, services: Services) => void | Promise<void>;
  /** the text shown for one wrong field */
  readonly problemText: (problem: Problem) => string;
  readonly policy: (settings: Settings) => Policy;
  /** the CSRF token as this family's clients send it; undefined = none was sent, '' = an empty one */
  readonly csrfToken: (ctx: Context, services: Services) => Answer<string | undefined>;
  /** answer to OPTIONS where there is a route */
  readonly optionsStatus: 200 | 204;
  /** the media types of answers, by format name; the first is the default */
  readonly formats: Record<string, string>;
  /** how answers look, for the API document */
  readonly document?: DialectDocument;
}

export interface DialectDocument {
  answers: Partial<Record<keyof Saying, DocumentedAnswer>>;
  refusal(reason: Reason): { status: number; schema: JsonSchema };
}

export interface DocumentedAnswer {
  status: number;
  description: string;
  /** media type; absent: the dialect's default format */
  type?: string;
  /** absent: no body */
  schema?: JsonSchema;
}

/** Numbers and choices in which families honestly differ. */
export interface Policy {
  login: LoginPolicy;
  /** a login for somebody who is logged in already: the credentials decide, or it is refused */
  loginWhileLoggedIn: 'replaces' | 'refused';
  /** what speaks for a request besides its CSRF token */
  csrf: CsrfStrictness;
  /** the `csrf` middleware looks at GET and HEAD too */
  csrfOnReads: boolean;
  /** somebody forgot their password: what is mailed, and what the answer may tell */
  forgotten(services: Services, wish: Wish, visitor: Visitor): Promise<void>;
  /** the handler of the page that its link leads to */
  forgottenPage: string;
  /** how visitors become users */
  registration?: RegistrationRules;
  /** how records are changed */
  editing?: EditRules;
}

/** What was typed into a login form. */
export interface Credentials {
  username: string;
  password: string;
  remember: boolean;
  returnTo?: string;
}

/** One method per thing a client can ask for. Each throws Refusal('invalid-input' | 'malformed-body' | …). */
export interface Hearing {
  login(ctx: Context, services: Services): Promise<Credentials>;
  resetRequest(ctx: Context, services: Services): Promise<Wish>;
  magicRequest(ctx: Context, services: Services): Promise<{ email: string }>;
  reset(ctx: Context, services: Services): Promise<{ token: string; password: string; passwordConfirmation: string }>;
  token(ctx: Context, services: Services): Promise<{ token: string }>;
  changePassword(
    ctx: Context,
    services: Services,
  ): Promise<{ currentPassword: string; password: string; passwordConfirmation: string }>;
  changeEmail(ctx: Context, services: Services): Promise<{ email: string; currentPassword: string }>;
  /** the password of somebody who is logged in already */
  proof(ctx: Context, services: Services): Promise<{ password: string }>;
  registration(ctx: Context, services: Services): Promise<Registration>;
  oneTimeLogin(ctx: Context, services: Services): Promise<OneTimeLogin>;
  /** what is to be another in the record of `user`; what stays as it is is left out */
  userChange(ctx: Context, services: Services, user: User): Promise<UserChange>;
}

/** One method per outcome. */
export interface Saying {
  authenticated(ctx: Context, services: Services, yes: boolean): void;
  currentUser(ctx: Context, services: Services, user: User): void;
  loggedIn(
    ctx: Context,
    services: Services,
    outcome: { user: User; session: Session; csrfToken: string; logoutToken: string; returnTo?: string },
  ): void;
  loggedOut(ctx: Context, services: Services): void;
  sessionToken(ctx: Context, services: Services, token: string): void;
  pong(ctx: Context, services: Services): void;
  /** a mail was (or, concealed, would have been) sent */
  mailSent(ctx: Context, services: Services, kind: 'reset' | 'magic' | 'verify-email' | 'change-email'): void;
  passwordReset(ctx: Context, services: Services): void;
  unlocked(ctx: Context, services: Services): void;
  simulated(ctx: Context, services: Services, user: User): void;
  terminated(ctx: Context, services: Services, count: number): void;
  /** the password was proven again */
  confirmed(ctx: Context, services: Services): void;
  ownSessions(ctx: Context, services: Services, sessions: Session[], current: Session | undefined): void;
  /** the link that was mailed to an address has been opened */
  addressProven(ctx: Context, services: Services): void;
  /** undefined: concealed, the mailbox tells what came of it */
  registered(ctx: Context, services: Services, outcome: Registered | undefined): void;
  done(ctx: Context, services: Services, outcome?: Record<string, unknown>): void;
  /** an outcome that is told this once and kept nowhere: a link to copy, a difference to look at */
  shown(ctx: Context, services: Services, outcome: Record<string, unknown>): void;
  /** as much of the record as the viewer may see */
  user(ctx: Context, services: Services, user: User, viewer: User | undefined): void;
  deleted(ctx: Context, services: Services): void;
}
