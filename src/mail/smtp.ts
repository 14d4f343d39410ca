import { isIP } from 'node:net';
import type SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { Message } from './compose.js';

/** Milliseconds. nodemailer's own would wait for minutes, and for ever on a server that trickles. */
export interface Patience {
  connect: number;
  idle: number;
  total: number;
}

export const usualPatience: Patience = { connect: 10_000, idle: 30_000, total: 90_000 };

/** The server said no. `permanent`: it will say so again. */
export class MailRefused extends Error {
  override readonly name = 'MailRefused';
  constructor(
    message: string,
    readonly permanent: boolean,
  ) {
    super(message);
  }
}

/** Sends one message over a connection of its own; answers what the server said. */
export async function sendBySmtp(
  url: string,
  { from, to, raw }: Message,
  patience: Patience,
  signal?: AbortSignal,
): Promise<string> {
  return converse(url, patience, signal, async (connection, ended) => {
    const envelope = { from, to: [to] };
    const info = step<{ response?: string }>((done) => connection.send(envelope, raw, done));
    const { response = '' } = await Promise.race([info, ended]);
    return response;
  });
}

/** Says hello, logs in where the URL names somebody, and goes. @throws MailRefused */
export function greetBySmtp(url: string, patience: Patience): Promise<{ encrypted: boolean }> {
  return converse(url, patience, undefined, async ({ secure }) => ({ encrypted: secure }));
}

type Conversation<T> = (connection: SMTPConnection, ended: Promise<never>) => Promise<T>;

async function converse<T>(
  url: string,
  patience: Patience,
  signal: AbortSignal | undefined,
  talk: Conversation<T>,
): Promise<T> {
  const { user, ...options } = connectionOptions(new URL(url), patience);
  const { default: Connection } = await import('nodemailer/lib/smtp-connection');
  const connection = new Connection(options);
  const deadline = AbortSignal.timeout(patience.total);
  const ended = endedBy(connection, signal ? AbortSignal.any([signal, deadline]) : deadline);
  try {
    await Promise.race([step((done) => connection.connect(done)), ended]);
    if (user) await Promise.race([step((done) => connection.login({ credentials: user }, done)), ended]);
    const result = await talk(connection, ended);
    connection.quit();
    return result;
  } catch (error) {
    connection.close();
    throw refusalOf(error);
  }
}

type Callback<T> = (error?: Error | null, result?: T) => void;

function step<T = unknown>(begin: (done: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => begin((error, result) => (error ? reject(error) : resolve(result as T))));
}

function endedBy(connection: SMTPConnection, signal: AbortSignal): Promise<never> {
  const ended = new Promise<never>((_, reject) => {
    connection.on('error', reject);
    signal.addEventListener('abort', () => reject(new Error('the mail server did not finish in time')), { once: true });
  });
  ended.catch(() => undefined);
  return ended;
}

interface SmtpError extends Error {
  code?: string;
  responseCode?: number;
}

/** Only what concerns this message is final: a wrong password or a full disk over there can be put right. */
function refusalOf(error: unknown): MailRefused {
  const { message, code, responseCode = 0 } = error as SmtpError;
  const permanent = responseCode >= 500 && (code === 'EENVELOPE' || code === 'EMESSAGE');
  return new MailRefused(message, permanent);
}

/**
 * `smtp://` takes STARTTLS where it is offered and insists on it when there is a password to protect; `smtps://` is TLS from
 * the start. `?tls=require`, `?tls=insecure` (any certificate) and `?tls=off` say otherwise. On this machine itself no
 * certificate is checked: there is nobody in between.
 */
function connectionOptions(url: URL, { connect, idle }: Patience) {
  const secure = url.protocol === 'smtps:';
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const local = host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
  const tls = url.searchParams.get('tls') ?? '';
  const user = url.username ? { user: decode(url.username), pass: decode(url.password) } : undefined;
  return {
    host,
    port: Number(url.port) || (secure ? 465 : 587),
    secure,
    requireTLS: !secure && (tls === 'require' || (tls === '' && user !== undefined && !local)),
    ignoreTLS: tls === 'off',
    tls: { rejectUnauthorized: tls !== 'insecure' && !local, minVersion: 'TLSv1.2' as const },
    connectionTimeout: connect,
    greetingTimeout: connect,
    dnsTimeout: connect,
    socketTimeout: idle,
    user,
  };
}

function decode(text: string): string {
  return decodeURIComponent(text);
}
