import type { MailRequest } from '../auth/services.js';
import type { Settings } from '../config/settings.js';
import { describeDevice } from '../lib/user-agent.js';

/** Every mail there is, with the values it cannot do without. The rest of `Values` may be given and has a default. */
const needs = {
  login: [],
  lockout: ['url', 'minutes'],
  'magic-link': ['url', 'minutes'],
  'reset-request': ['url', 'minutes'],
  'password-changed': [],
  'verify-email': ['url', 'hours'],
  'change-email': ['url', 'hours'],
  'email-changed': ['email'],
  'register-approval': ['username', 'email'],
  'registered-existing': [],
  'name-taken': ['username', 'url'],
  'one-time-login': ['url', 'hours'],
  approved: [],
  test: [],
} satisfies Record<string, (keyof Values)[]>;

export type MailName = keyof typeof needs;
export const mailNames = Object.keys(needs) as MailName[];

/** What `MailRequest.values` may hold. */
interface Values {
  /** the action: the first link of the mail; where it is left out, the page to ask for a new password, or the site */
  url?: string;
  /** how long something holds */
  minutes?: number;
  hours?: number;
  /** when it happened, milliseconds; default now */
  at?: number;
  /** where from */
  address?: string;
  userAgent?: string;
  /** the address a mail is about, when it is not the recipient's */
  email?: string;
  /** the user a mail is about, when it is not the recipient */
  username?: string;
}

/** What the templates can say. Every name is always there, so that a slip in a template is noticed. */
export interface MailContext {
  language: string;
  name: string;
  username: string;
  email: string;
  /** the host of publicUrl, or the name in `mail.from` */
  site: string;
  url: string;
  /** `6 minutes`, `24 Stunden` */
  duration: string;
  time: string;
  device: string;
  address: string;
}

/** What waits in the outbox, encrypted. */
export interface Letter {
  name: MailName;
  to: string;
  user: MailRequest['user'];
  values: Record<string, string | number>;
  at: number;
}

/** @throws Error when the caller made a slip: no such mail, or a value is missing */
export function writeLetter({ template, to, user, values }: MailRequest, at: number): Letter {
  if (!isMailName(template)) throw new Error(`there is no mail "${template}"`);
  const missing = needs[template].filter((name) => values[name] === undefined || values[name] === '');
  if (missing.length > 0) throw new Error(`the mail "${template}" needs ${missing.join(' and ')}`);
  const { username = '', firstName = '', lastName = '', name = '', language = '' } = user ?? {};
  return { name: template, to, user: user && { username, firstName, lastName, name, language }, values, at };
}

export function isMailName(name: string): name is MailName {
  return Object.hasOwn(needs, name);
}

/** In the words of one language. */
export function contextOf(letter: Letter, settings: Settings, language: string): MailContext {
  const values = letter.values as Values;
  return {
    language,
    name: greetingName(letter.user),
    username: harmless(values.username ?? letter.user?.username ?? ''),
    email: harmless(values.email ?? letter.to),
    site: siteName(settings),
    url: values.url ?? usualTarget(settings),
    duration: durationText(values, language),
    time: timeText(values.at ?? letter.at, language),
    device: describeDevice(values.userAgent ?? ''),
    address: harmless(values.address ?? ''),
  };
}

/** A letter with everything in it, for previews and for checking templates. */
export function sampleLetter(name: MailName, settings: Settings, at: number): Letter {
  const user = { username: 'anna', firstName: 'Anna', lastName: 'Beispiel', name: '', language: '' };
  const values = {
    url: `${settings.publicUrl}/?token=example`,
    ...(needs[name].some((need) => need === 'hours') ? { hours: 24 } : { minutes: 10 }),
    at,
    address: '192.0.2.7',
    userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
    email: 'anna@example.org',
  };
  return { name, to: 'anna@example.org', user, values, at };
}

/** Whoever registers with somebody else's address chooses the names: one that looks like a link is left out. */
function greetingName(user: Letter['user']): string {
  if (!user) return '';
  const name = user.name || `${user.firstName} ${user.lastName}`.trim() || user.username;
  return harmless(name) === oneLine(name) ? oneLine(name) : '';
}

/** Mail programs make links of everything that looks like one, and the first link of a mail is to be ours. */
function harmless(text: string): string {
  return oneLine(text.replaceAll(/:?[/\\]+/g, ' ').replaceAll(/www\./gi, 'www '));
}

/** Control characters, line breaks and marks that turn the reading direction have no business in a mail. */
function oneLine(text: string): string {
  const line = text
    .slice(0, 1000)
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}

function siteName({ publicUrl, mail }: Settings): string {
  return /^([^<]*\S)\s*</.exec(mail.from)?.[1]?.replaceAll('"', '') ?? new URL(publicUrl).host;
}

function usualTarget({ publicUrl, redirects }: Settings): string {
  return redirects.forgotPasswordPage ? new URL(redirects.forgotPasswordPage, `${publicUrl}/`).href : `${publicUrl}/`;
}

function durationText({ minutes, hours }: Values, language: string): string {
  const total = (hours ?? 0) * 60 + (minutes ?? 0);
  if (total === 0) return '';
  const [amount, unit] = total % 60 === 0 ? [total / 60, 'hour'] : [total, 'minute'];
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(amount);
}

function timeText(at: number, language: string): string {
  const format = new Intl.DateTimeFormat(language, { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' });
  return `${format.format(at)} UTC`.replaceAll(/\s/g, ' ');
}
