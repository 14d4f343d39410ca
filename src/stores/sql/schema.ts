import type { Generated } from 'kysely';

/** The tables as the database holds them: times as integers, booleans as 0 and 1, JSON as text. */
export interface Tables {
  users: UsersTable;
  groups: { id: Generated<number>; name: string };
  memberships: { user_id: number; group_id: number };
  sessions: SessionsTable;
  links: LinksTable;
  counters: CountersTable;
  outbox: OutboxTable;
  jobs: OutboxTable;
  audit: AuditTable;
  audit_head: { id: number; last: number; hash: string; anchor: string };
  leases: { name: string; holder: string; until: number };
  /** SQLite only: counts changes, so that other processes know when to forget what they remember */
  revisions: { name: string; value: number };
}

export interface UsersTable {
  id: Generated<number>;
  uuid: string;
  username: string;
  /** the name as it is compared: NFKC, lower case */
  username_key: string;
  email: string;
  /** null where there is no address, so that many users can have none */
  email_key: string | null;
  /** everything the administration's search looks at, as it is compared */
  search_key: string;
  password_hash: string;
  admin: number;
  disabled: number;
  verified: number;
  generated: number;
  starttime: number;
  endtime: number;
  crdate: number;
  tstamp: number;
  locked_until: number;
  last_login: number;
  last_seen: number;
  password_changed_at: number;
  language: string;
  timezone: string;
  title: string;
  name: string;
  first_name: string;
  middle_name: string;
  last_name: string;
  company: string;
  address: string;
  zip: string;
  city: string;
  country: string;
  telephone: string;
  fax: string;
  www: string;
}

export interface SessionsTable {
  key: string;
  user_id: number | null;
  actor_id: number | null;
  actor_key: string | null;
  remember: number;
  created_at: number;
  last_seen_at: number;
  expires_at: number;
  absolute_expires_at: number;
  authenticated_at: number;
  address: string;
  user_agent: string;
  data: string;
}

export interface LinksTable {
  hash: string;
  /** null: not bound to a user yet */
  user_id: number | null;
  purpose: string;
  created_at: number;
  expires_at: number;
  data: string;
}

export interface CountersTable {
  /** name, line feed, key */
  key: string;
  name: string;
  points: number;
  /** how many points the counter had when it was last touched */
  capacity: number;
  /** 1 = no point left; indexed for the administration */
  is_full: number;
  expires_at: number;
}

export interface OutboxTable {
  id: string;
  template: string;
  recipient: string;
  payload: string;
  state: string;
  attempts: number;
  created_at: number;
  next_try_at: number;
  sent_at: number;
  last_error: string;
}

export interface AuditTable {
  id: number;
  at: number;
  type: string;
  user_id: number | null;
  username: string;
  address: string;
  request_id: string;
  detail: string;
  hash: string;
}
