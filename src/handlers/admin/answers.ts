import type { JsonSchema } from '../../routes/contract.js';

const text = { type: 'string' };
const whole = { type: 'integer' };
const flag = { type: 'boolean' };
const time = { type: 'integer', description: 'milliseconds since 1970; 0 = never' };
const seconds = { type: 'integer', description: 'seconds since 1970; 0 = never' };
const anything = { type: 'object' };
const listOf = (items: JsonSchema): JsonSchema => ({ type: 'array', items });
const object = (properties: Record<string, JsonSchema>): JsonSchema => ({
  type: 'object',
  required: Object.keys(properties),
  properties,
});

const user = object({
  id: whole,
  uuid: text,
  username: text,
  email: text,
  firstName: text,
  lastName: text,
  admin: flag,
  groups: { type: 'string', description: 'names, by comma' },
  state: { type: 'string', enum: ['active', 'disabled', 'unverified', 'notStarted', 'ended', 'locked'] },
  disabled: flag,
  verified: flag,
  generated: flag,
  crdate: seconds,
  tstamp: seconds,
  endtime: seconds,
  lockedUntil: time,
  lastLogin: time,
  version: { type: 'string', description: 'goes back with a change, which is refused when somebody else was faster' },
});

const session = object({
  id: text,
  user: whole,
  actor: { type: ['integer', 'null'], description: 'the administrator who acts as the user' },
  remember: flag,
  createdAt: time,
  lastSeenAt: time,
  expiresAt: time,
  address: text,
  userAgent: text,
});

const mail = object({
  id: text,
  template: text,
  recipient: text,
  state: { type: 'string', enum: ['waiting', 'sent', 'dead'] },
  attempts: whole,
  createdAt: time,
  nextTryAt: time,
  sentAt: time,
  lastError: text,
});

const entry = object({
  id: whole,
  at: time,
  type: text,
  userId: { type: ['integer', 'null'] },
  username: text,
  address: text,
  requestId: text,
  detail: anything,
});

const slot = object({ from: time, logins: whole, refusals: whole, waiting: whole, requests: whole });

const figures = object({
  now: time,
  since: { ...time, description: 'when this process began; `waiting`, `requests`, `passwords` and memory are its own' },
  users: object({ total: whole, locked: whole }),
  sessions: whole,
  mails: object({ waiting: whole, dead: whole }),
  throttled: whole,
  passwords: object({ waiting: whole, running: whole, workers: whole, queue: whole }),
  memoryBytes: whole,
  slots: listOf(slot),
});

const route = object({
  name: text,
  path: text,
  methods: listOf(text),
  handler: text,
  does: text,
  dialect: text,
  middleware: listOf(object({ source: text, checks: text })),
  enabled: flag,
  description: text,
  file: text,
  line: whole,
  input: { type: ['object', 'null'] },
  calls: listOf(object({ at: time, method: text, status: whole, ms: { type: 'number' }, requestId: text })),
});

const preview = object({
  difference: listOf(object({ kind: { type: 'string', enum: ['same', 'gone', 'new', 'gap'] }, text })),
  version: { type: 'string', description: 'of the file; writing wants it back' },
  warnings: listOf(text),
});

const nothing = object({});

/** What each administrator's route answers when it did what it was asked for. */
export const answers: Record<string, JsonSchema> = {
  'admin-audit': object({ entries: listOf(entry) }),
  'admin-change-route': nothing,
  'admin-change-user': object({ user }),
  'admin-create-user': object({ user }),
  'admin-delete-user': nothing,
  'admin-disable-user': nothing,
  'admin-enable-user': nothing,
  'admin-end-session': object({ terminated: whole }),
  'admin-figures': figures,
  'admin-lift-throttle': nothing,
  'admin-mail': object({ mail, subject: text, text }),
  'admin-mails': object({ mails: listOf(mail) }),
  'admin-one-time-account': object({ url: text, expiresAt: time, minutes: whole }),
  'admin-preview-route': preview,
  'admin-reset-link': nothing,
  'admin-retry-mail': nothing,
  'admin-routes': object({
    readOnly: { type: ['string', 'null'] },
    trouble: { type: ['string', 'null'] },
    routes: listOf(route),
  }),
  'admin-sessions': object({ total: whole, sessions: listOf(session) }),
  'admin-throttles': object({
    throttles: listOf(object({ name: text, key: text, taken: whole, resetMs: { type: 'number' } })),
  }),
  'admin-unlock-user': nothing,
  'admin-user': object({ user, sessions: listOf(session) }),
  'admin-users': object({ total: whole, users: listOf(user) }),
};
