import type { Clock } from '../../auth/services.js';
import { batched } from '../batch.js';
import type { Session, SessionStore } from '../contract.js';
import { fromJson, page, toJson } from '../sql/portable.js';
import { attempt, type Client } from './connect.js';
import * as scripts from './scripts.js';
import { commandsOf, everyTag, tagOf } from './tags.js';

export function createRedisSessions(client: Client, prefix: string, clock: Clock): SessionStore {
  const run = commandsOf<Commands>(client, 'session', scripts.sessions);
  const name = `${prefix}s`;
  const all = everyTag(name);
  const place = (key: string) => `${tagOf(name, key)}:session:${key}`;
  const lifetime = (expiresAt: number) => String(Math.max(Math.ceil(expiresAt - clock.now()), 1));
  const everywhere = <T>(work: (tag: string) => Promise<T>): Promise<T[]> => attempt(Promise.all(all.map(work)));

  const load = async (keys: string[]): Promise<Map<string, Session>> => {
    const texts = await attempt(readMany(client, keys, place));
    const found = keys.flatMap((key, index) => sessionOf(key, texts[index]) ?? []);
    return new Map(found.map((session) => [session.key, session]));
  };
  const loadInOrder = async (keys: string[]): Promise<Session[]> => {
    const sessions = await load(keys);
    return keys.flatMap((key) => sessions.get(key) ?? []);
  };
  const alive = async (keys: string[], now: number): Promise<Session[]> =>
    (await loadInOrder(keys)).filter((session) => session.expiresAt > now);

  return {
    async insert(session) {
      await attempt(run.insert(place(session.key), session.key, textOf(session), lifetime(session.expiresAt)));
    },
    find: batched(load),
    async touch(key, lastSeenAt, expiresAt) {
      return 1 === (await attempt(run.touch(place(key), key, lastSeenAt, expiresAt, lifetime(expiresAt))));
    },
    replaceData: async (key, data) => 1 === (await attempt(run.change(place(key), '', toJson(data)))),
    authenticated: async (key, at) => 1 === (await attempt(run.change(place(key), at, ''))),
    delete: async (key) => 1 === (await attempt(run.remove(place(key), key))),
    async deleteOfUser(userId, exceptKey = '') {
      const end = (tag: string, most: number) => run.removeOfUser(`${tag}:user:${userId}`, exceptKey, most);
      const begun = await everywhere((tag) => end(tag, aFew));
      const more = all.filter((_, index) => begun[index]![0] === aFew);
      let ended = sum(begun.map((answer) => answer[1]));
      for (const tag of more) ended += await removeRest((most) => end(tag, most));
      return ended;
    },
    async ofUser(userId, now) {
      const keys = await everywhere((tag) => client.zrangebyscore(`${tag}:user:${userId}`, `(${now}`, '+inf'));
      // the set also lists those in which they act as somebody else
      const own = (await alive(keys.flat(), now)).filter((session) => session.userId === userId);
      return own.sort(latestFirst);
    },
    async list({ now, ...query }) {
      const { limit, offset } = page(query);
      await this.sweep(now, 1000);
      const pages = await everywhere((tag) => client.zrevrange(`${tag}:seen`, 0, offset + limit - 1, 'WITHSCORES'));
      const entries = pages
        .flatMap(pairsOf)
        .sort((left, right) => right.score - left.score || (left.key < right.key ? -1 : 1));
      return alive(
        entries.slice(offset, offset + limit).map(({ key }) => key),
        now,
      );
    },
    count: async (now) => sum(await everywhere((tag) => client.zcount(`${tag}:all`, `(${now}`, '+inf'))),
    async sweep(now, limit) {
      let left = limit;
      for (const tag of all) left -= await sweepTag(run, `${tag}:all`, now, left);
      return limit - left;
    },
  };
}

/**
 * A script stops the whole server while it runs, and so does a row of them that arrives at once: many sessions are ended in
 * steps of two or three milliseconds, one after the other.
 */
const aFew = 10;
const aStep = 100;

async function removeRest(remove: (most: number) => Promise<[gone: number, ended: number]>): Promise<number> {
  let total = 0;
  for (;;) {
    const [gone, ended] = await attempt(remove(aStep));
    total += ended;
    if (gone < aStep) return total;
  }
}

async function sweepTag(run: Commands, all: string, now: number, limit: number): Promise<number> {
  let swept = 0;
  while (swept < limit) {
    const most = Math.min(limit - swept, aStep);
    const done = await attempt(run.sweep(all, now, most));
    swept += done;
    if (done < most) break;
  }
  return swept;
}

/** One command; in a cluster one for each tag, because a command stays on one node. */
async function readMany(client: Client, keys: string[], place: (key: string) => string): Promise<(string | null)[]> {
  if (keys.length === 0) return [];
  if (!client.isCluster) return client.mget(keys.map(place));
  return Promise.all(keys.map((key) => client.get(place(key))));
}

interface Commands {
  insert(place: string, key: string, text: string, lifetime: string): Promise<number>;
  touch(place: string, key: string, lastSeenAt: number, expiresAt: number, lifetime: string): Promise<number>;
  change(place: string, authenticatedAt: number | '', data: string): Promise<number>;
  remove(place: string, key: string): Promise<number>;
  removeOfUser(set: string, exceptKey: string, most: number): Promise<[gone: number, ended: number]>;
  sweep(set: string, now: number, limit: number): Promise<number>;
}

function textOf(session: Session): string {
  const { key: _key, userId, actorId, lastSeenAt, expiresAt, authenticatedAt, data, ...rest } = session;
  return [userId, actorId ?? '', lastSeenAt, expiresAt, authenticatedAt, toJson(data), JSON.stringify(rest)].join('\n');
}

function sessionOf(key: string, text: string | null | undefined): Session | undefined {
  if (!text) return undefined;
  const [userId, actorId, lastSeenAt, expiresAt, authenticatedAt, data, rest] = text.split('\n');
  return Object.freeze({
    key,
    ...(JSON.parse(rest!) as Omit<Session, 'key'>),
    userId: Number(userId),
    actorId: actorId ? Number(actorId) : undefined,
    lastSeenAt: Number(lastSeenAt),
    expiresAt: Number(expiresAt),
    authenticatedAt: Number(authenticatedAt),
    data: fromJson(data!),
  });
}

const sum = (numbers: number[]): number => numbers.reduce((left, right) => left + right, 0);

const latestFirst = (left: Session, right: Session): number =>
  right.lastSeenAt - left.lastSeenAt || (left.key < right.key ? -1 : 1);

const pairsOf = (flat: string[]): { key: string; score: number }[] =>
  flat.flatMap((key, index) => (index % 2 === 0 ? [{ key, score: Number(flat[index + 1]) }] : []));
