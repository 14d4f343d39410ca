import { randomBytes, randomInt } from 'node:crypto';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { Clock, Keys, Mailer, MailRequest } from '../auth/services.js';
import type { Settings } from '../config/settings.js';
import { isAddress } from '../lib/address.js';
import type { OutboxMail, OutboxStore, Stores } from '../stores/contract.js';
import { readMailFile } from './files.js';
import { writeLetter, type Letter } from './messages.js';
import { createSender, type Sender } from './sender.js';
import { MailRefused, usualPatience, type Patience } from './smtp.js';
import { loadTemplates } from './templates.js';

export interface MailerParts {
  settings: Settings;
  stores: { outbox: OutboxStore };
  keys: Keys;
  clock: Clock;
  log: Logger;
  /** false: only posts, for commands; the server sends */
  sending?: boolean;
  patience?: Patience;
}

export interface OutboxMailer extends Mailer {
  /** sends what is due; resolves when that is done */
  flush(): Promise<void>;
}

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;

/** How often the outbox is looked at without being asked. */
const pause = 5 * second;
const atOnce = 5;
/** Longer than sending can take: until then nobody else takes the mail. */
const leaseFor = 3 * minute;
const giveUpAfter = 48 * hour;
const longestDelay = 4 * hour;
/** Even a final no is asked again for an hour: often it is a relay somebody is just setting up. */
const giveUpFinalNoAfter = hour;
const closeWithin = 5 * second;

/**
 * Mails go through a table, so that no mail server can fail or slow down a request, and none is lost when this process or the
 * mail server is: at least once, and recognisable by its Message-ID where a lost answer makes it twice.
 * @throws Misconfiguration when an own template cannot be used
 */
export function createMailer({
  settings,
  stores,
  keys,
  clock,
  log,
  sending = true,
  patience = usualPatience,
}: MailerParts): OutboxMailer {
  const templates = loadTemplates(settings);
  const sender = createSender(settings, templates, patience);
  const { outbox } = stores;
  const stopping = new AbortController();
  /** sent, but not yet written down because the store was away */
  const unrecorded = new Set<string>();
  const nextId = idsInOrder();
  let round: Promise<void> | undefined;
  let again = false;
  let waking: NodeJS.Timeout | undefined;

  async function post(mail: MailRequest, within: Pick<Stores, 'outbox'> = stores): Promise<void> {
    const sealed = seal(nextId(clock.now()), writeLetter(mail, clock.now()), keys);
    await within.outbox.add(sealed);
    if (sealed.state === 'dead')
      log.error({ mail: sealed.id, template: sealed.template, why: sealed.lastError }, 'a mail is given up');
    wake();
  }

  function flush(): Promise<void> {
    again = round !== undefined;
    round ??= sendDue()
      .catch((error: unknown) => log.warn({ err: error }, 'the outbox cannot be read now'))
      .finally(() => {
        round = undefined;
        if (again && !stopping.signal.aborted) void flush();
      });
    return round;
  }

  async function sendDue(): Promise<void> {
    for (;;) {
      const now = clock.now();
      const mails = await outbox.claim(now, now + leaseFor, atOnce);
      await Promise.all(mails.map(deliver));
      if (mails.length === 0 || stopping.signal.aborted) return;
    }
  }

  async function deliver(mail: OutboxMail): Promise<void> {
    try {
      const route = unrecorded.has(mail.id) ? {} : await send(mail);
      unrecorded.add(mail.id);
      await outbox.sent(mail.id, clock.now());
      unrecorded.delete(mail.id);
      log.info({ mail: mail.id, template: mail.template, ...route }, 'file' in route ? 'mail written' : 'mail sent');
    } catch (error) {
      if (unrecorded.has(mail.id))
        log.warn({ err: error, mail: mail.id }, 'a mail was sent, but this cannot be written down now');
      else
        await failed(mail, error).catch((err: unknown) =>
          log.warn({ err, mail: mail.id }, 'the outbox cannot be written'),
        );
    }
  }

  function send(mail: OutboxMail): ReturnType<Sender> {
    const letter = unseal(mail, keys);
    return sender(mail.id, letter, stopping.signal);
  }

  async function failed(mail: OutboxMail, error: unknown): Promise<void> {
    const why = (error as Error).message.replaceAll(/\s+/g, ' ').slice(0, 300);
    const attempts = mail.attempts + 1;
    const facts = { mail: mail.id, template: mail.template, attempts, why };
    if (isHopeless(error, clock.now() - mail.createdAt)) {
      await outbox.dead(mail.id, why);
      return log.error(facts, 'a mail could not be sent and is given up');
    }
    const delay = delayAfter(attempts);
    await outbox.retry(mail.id, clock.now() + delay, why);
    log.warn({ ...facts, nextTrySeconds: Math.round(delay / second) }, 'a mail could not be sent yet');
  }

  async function read(mail: OutboxMail): Promise<{ subject: string; text: string } | undefined> {
    if (mail.payload === '')
      return settings.smtpUrl ? undefined : readMailFile(join(settings.dataDir, 'mail'), mail.id);
    return templates.render(unseal(mail, keys));
  }

  /** A moment later: a mail that is posted within a transaction can be seen only when that has ended. */
  function wake(): void {
    if (sending) waking ??= setTimeout(() => void tick(), 50).unref();
  }

  async function tick(): Promise<void> {
    waking = undefined;
    if (!stopping.signal.aborted) await flush();
  }

  const timer = sending ? setInterval(() => void tick(), pause).unref() : undefined;

  return {
    post,
    flush,
    read,
    wake,
    async close() {
      clearInterval(timer);
      clearTimeout(waking);
      again = false;
      const patient = setTimeout(() => stopping.abort(), closeWithin);
      await round;
      clearTimeout(patient);
      stopping.abort();
    },
  };
}

/** The time doubles from half a minute to four hours, give or take a fifth so that mails do not come back all at once. */
export function delayAfter(attempts: number): number {
  const delay = Math.min(longestDelay, 30 * second * 2 ** Math.min(attempts - 1, 20));
  return Math.round((delay * randomInt(800, 1200)) / 1000);
}

/** UUIDs of version 7 (RFC 9562): later ones sort behind earlier ones, within a millisecond too. */
function idsInOrder(): (at: number) => string {
  let last = 0;
  let count = 0;
  return (at) => {
    count = at === last ? (count + 1) % 0x1000 : 0;
    last = at;
    const time = at.toString(16).padStart(12, '0');
    const random = randomBytes(8).toString('hex');
    const parts = [time.slice(0, 8), time.slice(8), `7${count.toString(16).padStart(3, '0')}`];
    return [...parts, `8${random.slice(1, 4)}`, random.slice(4)].join('-');
  };
}

function isHopeless(error: unknown, age: number): boolean {
  if (error instanceof Unreadable || age >= giveUpAfter) return true;
  return error instanceof MailRefused && error.permanent && age >= giveUpFinalNoAfter;
}

class Unreadable extends Error {}

/** An address that is none would never be accepted; it is kept among the dead, where an administrator sees it. */
function seal(id: string, letter: Letter, keys: Keys): OutboxMail {
  const sound = isAddress(letter.to);
  return {
    id,
    template: letter.name,
    recipient: letter.to.replaceAll(/\p{Cc}+/gu, ' ').slice(0, 254),
    payload: keys.encrypt('mail', JSON.stringify(letter)),
    state: sound ? 'waiting' : 'dead',
    attempts: 0,
    createdAt: letter.at,
    nextTryAt: letter.at,
    sentAt: 0,
    lastError: sound ? '' : 'the recipient is not an e-mail address',
  };
}

function unseal(mail: OutboxMail, keys: Keys): Letter {
  const text = keys.decrypt('mail', mail.payload);
  if (text === undefined)
    throw new Unreadable('none of the secrets opens it; was the one it was encrypted with taken away?');
  return JSON.parse(text) as Letter;
}
