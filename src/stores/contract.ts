/**
 * What every store promises. One suite (`test/stores/contract.ts`) runs for every engine.
 * Times are integers: seconds since 1970 for users (TYPO3's crdate, tstamp …), milliseconds everywhere else.
 * A store that cannot be reached throws `StoreUnavailable`; the boundary answers 503.
 */

export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

/** A database cannot be backed up or restored; the message is for the operator. */
export class CopyFailure extends Error {
  override readonly name = 'CopyFailure';
}

/** A unique name is taken. `field` is the domain's word for the column. */
export class Taken extends Error {
  override readonly name = 'Taken';
  constructor(readonly field: 'username' | 'email') {
    super(`${field} is taken`);
  }
}

export interface Group {
  id: number;
  name: string;
}

/** A person's record. The password hash is part of it so that one read serves a login; no dialect ever shows it. */
export interface User {
  id: number;
  uuid: string;
  username: string;
  email: string;
  passwordHash: string;
  admin: boolean;
  /** switched off by an administrator (or not yet approved) */
  disabled: boolean;
  /** registration: the address was proven; true for users made by an administrator */
  verified: boolean;
  /** made from a one-time link; deleted after `endtime` */
  generated: boolean;
  /** seconds; 0 = none */
  starttime: number;
  endtime: number;
  /** seconds */
  crdate: number;
  tstamp: number;
  /** milliseconds; 0 = not locked. Past = lazily over */
  lockedUntil: number;
  /** milliseconds; 0 = never */
  lastLogin: number;
  lastSeen: number;
  passwordChangedAt: number;
  /** BCP 47, '' = the default language */
  language: string;
  timezone: string;
  title: string;
  name: string;
  firstName: string;
  middleName: string;
  lastName: string;
  company: string;
  address: string;
  zip: string;
  city: string;
  country: string;
  telephone: string;
  fax: string;
  www: string;
  groups: Group[];
}

export type NewUser = Partial<Omit<User, 'id' | 'groups'>> & {
  username: string;
  passwordHash: string;
  groups?: string[];
};
export type UserPatch = Partial<Omit<User, 'id' | 'uuid' | 'groups'>> & { groups?: string[] };

export interface UserQuery {
  /** part of a name or an address, case-insensitive */
  search?: string;
  state?: 'active' | 'disabled' | 'locked';
  /** milliseconds, for `state: 'locked'` */
  now?: number;
  order?: 'id' | 'username' | 'lastLogin';
  descending?: boolean;
  offset?: number;
  limit?: number;
}

export interface UserStore {
  /** may answer at once from memory */
  findById(id: number): User | undefined | Promise<User | undefined>;
  /** compares in lower case, NFKC */
  findByUsername(username: string): Promise<User | undefined>;
  findByEmail(email: string): Promise<User | undefined>;
  /** @throws Taken */
  insert(user: NewUser): Promise<User>;
  /** sets `tstamp` unless the patch carries one. @throws Taken. Answers undefined when there is no such user */
  update(id: number, patch: UserPatch): Promise<User | undefined>;
  /** replaces the hash only while it still is `expected` (rehash must not undo a change) */
  replaceHash(id: number, expected: string, hash: string): Promise<boolean>;
  /** bookkeeping that does not touch `tstamp` */
  noteLogin(id: number, at: number): Promise<void>;
  /** sets `lockedUntil` only when the user is not locked at `now`; true for the one caller who did */
  lock(id: number, until: number, now: number): Promise<boolean>;
  delete(id: number): Promise<boolean>;
  list(query: UserQuery): Promise<User[]>;
  count(query?: UserQuery): Promise<number>;
  groups(): Promise<Group[]>;
  /** generated users past their endtime (seconds), deleted with all that belongs to them; answers their ids */
  sweepGenerated(nowSeconds: number, limit: number): Promise<number[]>;
}

/** The server's memory of a login. `key` is the hash of the cookie's value; the value itself is never stored. */
export interface Session {
  key: string;
  /** 0: a visitor, for whom a user's own module keeps something */
  userId: number;
  /** the administrator who really acts (simulate), with the key of their own session to return to */
  actorId?: number;
  actorKey?: string;
  remember: boolean;
  /** milliseconds */
  createdAt: number;
  lastSeenAt: number;
  /** the earlier of idle and absolute limit, moved by `touch` */
  expiresAt: number;
  absoluteExpiresAt: number;
  /** when the password (or link) was last proven, for re-authentication */
  authenticatedAt: number;
  address: string;
  userAgent: string;
  /** small values a user's own handlers keep */
  data: Record<string, unknown>;
}

export interface SessionStore {
  insert(session: Session): Promise<void>;
  /** may answer at once from memory, but never a session that has been ended anywhere */
  find(key: string): Session | undefined | Promise<Session | undefined>;
  /** all three change a row only while it exists: an ended session never comes back. False = it is gone */
  touch(key: string, lastSeenAt: number, expiresAt: number): Promise<boolean>;
  replaceData(key: string, data: Record<string, unknown>): Promise<boolean>;
  /** re-authentication */
  authenticated(key: string, at: number): Promise<boolean>;
  delete(key: string): Promise<boolean>;
  /** answers how many ended */
  deleteOfUser(userId: number, exceptKey?: string): Promise<number>;
  ofUser(userId: number, now: number): Promise<Session[]>;
  list(query: { now: number; offset?: number; limit?: number }): Promise<Session[]>;
  count(now: number): Promise<number>;
  sweep(now: number, limit: number): Promise<number>;
}

export type LinkPurpose =
  'reset' | 'magic' | 'unlock' | 'verify-email' | 'change-email' | 'one-time-account' | 'one-time-login';

/** A one-time link by mail. `hash` is that of the token. `userId` 0: not bound to a user yet (one-time account). */
export interface Link {
  hash: string;
  userId: number;
  purpose: LinkPurpose;
  createdAt: number;
  expiresAt: number;
  data: Record<string, unknown>;
}

export interface LinkStore {
  /** stores it and ends the user's older ones of that purpose, in one step */
  issue(link: Link): Promise<void>;
  find(hash: string): Promise<Link | undefined>;
  /** deletes and answers it; of any number of parallel callers exactly one gets it */
  redeem(hash: string, purpose: LinkPurpose): Promise<Link | undefined>;
  endOfUser(userId: number, purpose?: LinkPurpose): Promise<number>;
  list(purpose: LinkPurpose): Promise<Link[]>;
  sweep(now: number, limit: number): Promise<number>;
}

/** Counts per key within a window that starts at the first point. Atomic on every store. */
export interface Counter {
  readonly points: number;
  readonly seconds: number;
  /** takes one point; `allowed` false = there was none left (and nothing was taken) */
  take(key: string): Promise<CounterState & { allowed: boolean }>;
  /** gives one point back */
  giveBack(key: string): Promise<void>;
  look(key: string): Promise<CounterState>;
  clear(key: string): Promise<void>;
}
export interface CounterState {
  taken: number;
  remaining: number;
  /** milliseconds until the window ends; 0 when none is open */
  resetMs: number;
}
export interface CounterStore {
  counter(name: string, points: number, seconds: number): Counter;
  /** keys that are at or over `points` now, for the administration */
  full(now: number): Promise<{ name: string; key: string; taken: number; resetMs: number }[]>;
  clear(name: string, key: string): Promise<void>;
  sweep(now: number, limit: number): Promise<number>;
}

/** One mail on its way. `payload` is encrypted by the mailer and emptied once sent. */
export interface OutboxMail {
  id: string;
  template: string;
  recipient: string;
  payload: string;
  state: 'waiting' | 'sent' | 'dead';
  attempts: number;
  createdAt: number;
  nextTryAt: number;
  sentAt: number;
  lastError: string;
}
export interface OutboxStore {
  add(mail: OutboxMail): Promise<void>;
  /** leases up to `limit` due mails until `leaseUntil`, so that no two processes send the same one */
  claim(now: number, leaseUntil: number, limit: number): Promise<OutboxMail[]>;
  sent(id: string, at: number): Promise<void>;
  retry(id: string, nextTryAt: number, error: string): Promise<void>;
  dead(id: string, error: string): Promise<void>;
  find(id: string): Promise<OutboxMail | undefined>;
  list(query: { state?: OutboxMail['state']; limit?: number; offset?: number }): Promise<OutboxMail[]>;
  count(state: OutboxMail['state']): Promise<number>;
  sweep(before: number, limit: number): Promise<number>;
}

/** One line of the audit log. `hash` = HMAC over the line and the hash before it. */
export interface AuditEntry {
  id: number;
  at: number;
  type: string;
  userId: number | null;
  username: string;
  address: string;
  requestId: string;
  detail: Record<string, unknown>;
  hash: string;
}
export interface Tally {
  type: string;
  /** milliseconds; when the span began */
  from: number;
  times: number;
}
export interface AuditStore {
  /** appends under a lock; `seal` gets the previous hash and answers the new one */
  append(entry: Omit<AuditEntry, 'id' | 'hash'>, seal: (previous: string, id: number) => string): Promise<void>;
  query(query: {
    userId?: number;
    type?: string;
    address?: string;
    before?: number;
    since?: number;
    /** lines with a greater number */
    after?: number;
    limit?: number;
    offset?: number;
    ascending?: boolean;
  }): Promise<AuditEntry[]>;
  count(): Promise<number>;
  /**
   * How often events of these kinds happened since `since`, by spans of `span` milliseconds that begin at multiples of it;
   * a line whose detail says `times` stands for so many. A span in which nothing happened is left out.
   */
  tally(query: { types: string[]; since: number; span: number }): Promise<Tally[]>;
  /** deletes the oldest beyond `keep`; the hash of the last deleted line stays as the anchor of the chain */
  cap(keep: number, limit: number): Promise<number>;
  anchor(): Promise<string>;
  /** number and hash of the line written last */
  head(): Promise<{ last: number; hash: string }>;
}

export interface Stores {
  users: UserStore;
  sessions: SessionStore;
  links: LinkStore;
  counters: CounterStore;
  outbox: OutboxStore;
  /** other work that must not be lost: `template` names its kind, `recipient` whom it concerns */
  jobs: OutboxStore;
  audit: AuditStore;
  /** all of `work` or nothing; `work` uses only the stores it is handed */
  atomically<T>(work: (stores: Stores) => Promise<T>): Promise<T>;
  /** one lightweight question; throws StoreUnavailable */
  ping(): Promise<void>;
  /** true for the one process that may sweep (and send mail) until `until` */
  lease(name: string, holder: string, now: number, until: number): Promise<boolean>;
  close(): Promise<void>;
}
