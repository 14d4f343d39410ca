import { createHash, randomBytes } from 'node:crypto';
import type { AuditEntry, Link, NewUser, OutboxMail, Session } from '../../src/stores/contract.js';

/** 2026-01-01T00:00:00Z */
export const start = 1_767_225_600_000;

/** A clock that stands still until it is moved. */
export function frozenClock(at = start) {
  return { now: () => at, advance: (milliseconds: number) => void (at += milliseconds) };
}

const token = () => randomBytes(16).toString('hex');

export const newUser = (values: Partial<NewUser> = {}): NewUser => ({
  username: `user-${token()}`,
  passwordHash: 'hash',
  ...values,
});

export const newSession = (userId: number, values: Partial<Session> = {}): Session => ({
  key: token(),
  userId,
  remember: false,
  createdAt: start,
  lastSeenAt: start,
  expiresAt: start + 3_600_000,
  absoluteExpiresAt: start + 86_400_000,
  authenticatedAt: start,
  address: '192.0.2.1',
  userAgent: 'curl/8',
  data: {},
  ...values,
});

export const newLink = (userId: number, values: Partial<Link> = {}): Link => ({
  hash: token(),
  userId,
  purpose: 'reset',
  createdAt: start,
  expiresAt: start + 300_000,
  data: {},
  ...values,
});

export const newMail = (values: Partial<OutboxMail> = {}): OutboxMail => ({
  id: token(),
  template: 'reset',
  recipient: 'alice@example.org',
  payload: 'sealed',
  state: 'waiting',
  attempts: 0,
  createdAt: start,
  nextTryAt: start,
  sentAt: 0,
  lastError: '',
  ...values,
});

export const newLine = (values: Partial<AuditEntry> = {}): Omit<AuditEntry, 'id' | 'hash'> => ({
  at: start,
  type: 'login',
  userId: 1,
  username: 'alice',
  address: '192.0.2.1',
  requestId: 'r',
  detail: {},
  ...values,
});

/** A chain anybody can check without a key. */
export const seal = (previous: string, id: number): string =>
  createHash('sha256').update(`${previous} ${id}`).digest('hex');

export const times = <T>(count: number, work: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => work(index));

/** Where fifty at once share ten connections on a busy machine, and what counts is who gets what. */
export const patient = { connectTimeoutMs: 20_000, statementTimeoutMs: 20_000 };
