import { createHmac, randomBytes } from 'node:crypto';
import { networkKey } from '../lib/network-key.js';
import type { User, UserStore } from '../stores/contract.js';
import type { Clock, Visitor } from './services.js';
import { isLive } from './session.js';

/** How a client that sends its credentials with every request proves itself. */
export interface Proof {
  username: string;
  password: string;
  visitor: Visitor;
  /** the rules it was judged by: what one set let in says nothing about another */
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
  recognise(proof: Proof, verify: () => Promise<User | undefined>): Promise<User | undefined>;
  forget(visitor: Visitor): void;
}

interface Entry {
  userId: number;
  network: string;
  state: string;
  until: number;
}

const briefly = 5 * 60_000;
const most = 5_000;

export function createVerifiedCredentials(users: Pick<UserStore, 'findById'>, clock: Clock): VerifiedCredentials {
  const key = randomBytes(32);
  const entries = new Map<string, Entry>();
  const digest = ({ username, password, visitor, rules }: Proof): string =>
    createHmac('sha256', key)
      .update(JSON.stringify([rules, networkKey(visitor.address), username, password]))
      .digest('base64');

  const underWay = new Map<string, Promise<User | undefined>>();

  const recall = async (name: string): Promise<User | undefined> => {
    const entry = entries.get(name);
    if (!entry) return undefined;
    const user = await users.findById(entry.userId);
    const now = clock.now();
    if (user && entry.until > now && entry.state === stateOf(user) && isLive(user, now)) return user;
    entries.delete(name);
    return undefined;
  };

  const remember = (name: string, user: User, visitor: Visitor): void => {
    if (entries.size >= most) entries.delete(entries.keys().next().value!);
    const until = clock.now() + briefly;
    entries.set(name, { userId: user.id, network: networkKey(visitor.address), state: stateOf(user), until });
  };

  return {
    async recognise(proof, verify) {
      const name = digest(proof);
      const known = (await recall(name)) ?? (await underWay.get(name));
      if (known) return known;
      const verdict = verify().then((user) => {
        if (user) remember(name, user, proof.visitor);
        return user;
      });
      const outcome = verdict.catch(() => undefined).finally(() => underWay.delete(name));
      underWay.set(name, outcome);
      return verdict;
    },

    forget({ address }) {
      const network = networkKey(address);
      for (const [name, entry] of entries) if (entry.network === network) entries.delete(name);
    },
  };
}

/** Whatever an administrator, the owner or a lock changes is another state. */
function stateOf({ username, email, passwordHash, tstamp, lockedUntil }: User): string {
  return [tstamp, lockedUntil, passwordHash, username, email].join('\n');
}
