import { hash, randomBytes } from 'node:crypto';
import { andThen, type Answer } from '../lib/answer.js';
import { networkKey } from '../lib/network-key.js';
import type { User, UserStore } from '../stores/contract.js';
import type { Clock, Visitor } from './services.js';
import { isLive } from './session.js';

/** How a client that sends its credentials with every request proves itself. */
export interface Proof {
  /** the credentials as they were sent */
  evidence: string;
  visitor: Visitor;
  /** the rules it is judged by: what one set let in says nothing about another */
  rules: string;
}

/**
 * Credentials that were right a moment ago, so that a script with a hundred requests a second does not pay for a hundred
 * hashes: one verification per change of the user, not per request. In memory only, bounded, by a hash whose key lives as
 * long as the process. Forgotten after five minutes, at any change of the user, and at the first failed attempt from the
 * same network, so that the flood counters decide again.
 */
export interface VerifiedCredentials {
  /** Whose they are. `verify` is asked when they are not known; of requests that arrive together the first one pays. */
  recognise(proof: Proof, verify: () => Promise<User | undefined>): Answer<User | undefined>;
  forget(visitor: Visitor): void;
}

interface Entry {
  user: User;
  network: string;
  until: number;
}

const briefly = 5 * 60_000;
const most = 5_000;

export function createVerifiedCredentials(users: Pick<UserStore, 'findById'>, clock: Clock): VerifiedCredentials {
  const key = randomBytes(32).toString('base64');
  const entries = new Map<string, Entry>();
  // neither rules nor network can hold a line break
  const digest = ({ evidence, visitor, rules }: Proof): string =>
    hash('sha256', `${key}\n${rules}\n${networkKey(visitor.address)}\n${evidence}`, 'base64');

  const underWay = new Map<string, Promise<User | undefined>>();

  const recall = (name: string): Answer<User | undefined> => {
    const entry = entries.get(name);
    return entry && andThen(users.findById(entry.user.id), (user) => unlessChanged(name, entry, user));
  };

  const unlessChanged = (name: string, entry: Entry, user: User | undefined): User | undefined => {
    const now = clock.now();
    if (user && entry.until > now && isUnchanged(user, entry.user) && isLive(user, now)) return user;
    entries.delete(name);
    return undefined;
  };

  const remember = (name: string, user: User, visitor: Visitor): void => {
    if (entries.size >= most) entries.delete(entries.keys().next().value!);
    entries.set(name, { user, network: networkKey(visitor.address), until: clock.now() + briefly });
  };

  const judge = async (name: string, { visitor }: Proof, verify: () => Promise<User | undefined>) => {
    const known = await underWay.get(name);
    if (known) return known;
    const verdict = verify().then((user) => {
      if (user) remember(name, user, visitor);
      return user;
    });
    const outcome = verdict.catch(() => undefined).finally(() => underWay.delete(name));
    underWay.set(name, outcome);
    return verdict;
  };

  return {
    recognise(proof, verify) {
      const name = digest(proof);
      return andThen(recall(name), (known) => known ?? judge(name, proof, verify));
    },

    forget({ address }) {
      const network = networkKey(address);
      for (const [name, entry] of entries) if (entry.network === network) entries.delete(name);
    },
  };
}

/** Whatever an administrator, the owner or a lock changes shows in one of these. */
const telling = ['tstamp', 'lockedUntil', 'passwordHash', 'username', 'email'] as const;

function isUnchanged(user: User, before: User): boolean {
  return user === before || telling.every((field) => user[field] === before[field]);
}
