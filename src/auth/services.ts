import type { Logger } from 'pino';
import type { Settings } from '../config/settings.js';
import type { Origin, Teller } from '../events.js';
import type { Flood } from './flood.js';
import type { VerifiedCredentials } from './verified.js';
import type { OutboxMail, Stores, User } from '../stores/contract.js';
import type { RouteDesk } from '../routes/desk.js';
import type { Figures } from './figures.js';

/** The time, handed in. Milliseconds since 1970. */
export interface Clock {
  now(): number;
}

/** Hashing off the event loop, in a bounded queue. */
export interface Passwords {
  /** @throws Refusal('overloaded', {retryAfter}) when the queue is full */
  hash(password: string): Promise<string>;
  /**
   * Compares in constant time. `hash` undefined: verifies against a decoy of the configured cost and answers false,
   * so that an unknown user costs what a wrong password costs; a wrong one at a cheaper hash is brought up to that.
   * `signal`: takes it out of the queue when the client hangs up.
   * @throws Refusal('overloaded')
   */
  verify(password: string, hash: string | undefined, signal?: AbortSignal): Promise<boolean>;
  /** the stored hash is of a lower cost or of another kind than configured */
  needsRehash(hash: string): boolean;
  /** how many wait and how many run now */
  readonly load: { waiting: number; running: number; workers: number; queue: number };
  /** how many wait, for whoever asks at every request */
  readonly waiting: number;
  close(): Promise<void>;
}

/** What the mailer is told; language and texts are its own business. */
export interface MailRequest {
  template: string;
  to: string;
  user?: Pick<User, 'username' | 'firstName' | 'lastName' | 'name' | 'language'>;
  values: Record<string, string | number>;
}

export interface Mailer {
  /** puts the mail into the outbox (within `stores`, for a transaction); sending happens outside the request */
  post(mail: MailRequest, stores?: Stores): Promise<void>;
  /** what a mail of the outbox says; undefined when it can no longer be read. For administrators, in development */
  read(mail: OutboxMail): Promise<{ subject: string; text: string } | undefined>;
  /** looks at the outbox now instead of at the next tick */
  wake(): void;
  close(): Promise<void>;
}

/** Keys derived from the configured secrets. The first signs, all verify (HKDF, one key per purpose). */
export interface Keys {
  sign(purpose: string, text: string): string;
  verify(purpose: string, text: string, signature: string): boolean;
  encrypt(purpose: string, text: string): string;
  /** undefined when no key opens it */
  decrypt(purpose: string, sealed: string): string | undefined;
}

/** Everything the domain works with, handed in. */
export interface Services {
  settings: Settings;
  clock: Clock;
  stores: Stores;
  passwords: Passwords;
  mailer: Mailer;
  keys: Keys;
  flood: Flood;
  verified: VerifiedCredentials;
  log: Logger;
  figures: Figures;
  tell: Teller;
  /** the routes for administrators; absent where nothing is served */
  desk?: RouteDesk;
  /** path of the first route that runs this handler (a page that a mail links to) */
  pathOf(handler: string): string;
}

/** Who is asking: what the domain needs to know of a request. */
export interface Visitor extends Origin {
  /** what the device cookie says, if it verified: a random id of the device and the users who logged in from it before */
  device?: Device | undefined;
  /** aborted when the client hangs up */
  signal?: AbortSignal;
}

/** A browser that logged in before keeps its own budget of wrong passwords (OWASP device cookies, ASVS 6.1.1). */
export interface Device {
  id: string;
  userIds: readonly number[];
}
