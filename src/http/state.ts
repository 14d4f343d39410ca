import type { Duplex } from 'node:stream';
import type { Context } from 'koa';
import type { Visitor } from '../auth/services.js';
import type { Session, User } from '../stores/contract.js';
import type { Refusal } from '../errors.js';
import type { Answer } from '../lib/answer.js';
import type { BoundRoute } from '../routes/contract.js';

/** Somebody is logged in: their record, the session that says so, and how this request proved it. */
export interface Login {
  user: User;
  /** absent when the credentials came with the request (`basic`) */
  session?: Session;
  /** the cookie's value; the CSRF and logout tokens derive from it */
  sessionId?: string;
  provider: 'cookie' | 'basic';
}

/** A live session; `user` is absent while nobody has logged in on it. */
export interface Resumed {
  session: Session;
  user?: User;
  id: string;
}

/** What one request carries through the layers; lives in `ctx.state`. */
export interface RequestState {
  requestId: string;
  visitor: Visitor;
  route?: BoundRoute;
  /** the session of the cookie, looked up once; null = there is none */
  resumed?: Answer<Resumed | undefined> | null;
  /** looked up once, by `loginOf`; null = nobody is logged in */
  login?: Answer<Login | undefined> | null;
  /** the parsed body, read once by `readObject` */
  body?: Promise<unknown>;
  /** the body, and the query, after the route's schemas filled in defaults */
  input?: Record<string, unknown>;
  query?: Record<string, unknown>;
  /** a session about to be stored by koa-session's next save */
  opening?: Omit<Session, 'key'>;
  /** the row of the session that is being left stays (simulate) */
  keepsFormer?: boolean;
  /** the socket of a client that asks for another protocol (WebSocket) */
  upgrade?: Duplex;
  /** what the dialect has to look up before the answer is whole (a page that shows itself) */
  afterwards?: () => Promise<void>;
  /** refused without being thrown: for unknown paths, where a rejected promise would cost more than the answer */
  refused?: Refusal;
  /** extra fields for the access log */
  note?: Record<string, unknown>;
}

export function stateOf(ctx: Context): RequestState {
  return ctx.state as RequestState;
}
