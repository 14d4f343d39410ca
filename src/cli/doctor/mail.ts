import { parseMailbox } from '../../lib/address.js';
import { greetBySmtp } from '../../mail/smtp.js';
import { ok, problem, warning, type Examination, type Finding } from './finding.js';

const patience = { connect: 4000, idle: 4000, total: 6000 };

/** Whether the mail server greets, speaks TLS and takes our password. Nothing is sent. */
export const examineMail: Examination = async ({ settings: { smtpUrl, production, mail } }) => {
  if (!smtpUrl) return [production ? intoFiles : ok('Mails become files in DATA_DIR/mail: there is no SMTP_URL.')];
  const findings = [...(await greet(smtpUrl)), ...sender(mail.from, production)];
  return findings;
};

const intoFiles = problem(
  'There is no SMTP_URL: mails become files in DATA_DIR/mail and reach nobody.',
  'Set SMTP_URL=smtp://user:password@host:587.',
);

async function greet(url: string): Promise<Finding[]> {
  const { host, username } = new URL(url);
  try {
    const { encrypted } = await greetBySmtp(url, patience);
    const said = `${host} greets${encrypted ? ' with TLS' : ''}${username && ' and takes the login'}.`;
    return [encrypted || isHere(host) ? ok(said) : unencrypted(host)];
  } catch (error) {
    const message = (error as Error).message.replaceAll(/\s+/g, ' ');
    return [problem(`The mail server ${host} refuses us: ${message}.`, adviceFor(message))];
  }
}

const isHere = (host: string): boolean => /^(localhost|127\.|\[::1\])/.test(host);

function unencrypted(host: string): Finding {
  return warning(
    `${host} greets without TLS: links that log people in can be read on their way.`,
    'Switch on STARTTLS there, or use smtps://.',
  );
}

const advices: [RegExp, string][] = [
  [/login|auth|credentials|535/i, 'Correct user and password in SMTP_URL (%40 for @).'],
  [/certificate|self.signed|altname/i, 'Name the host as its certificate does.'],
  [/STARTTLS|TLS|SSL|wrong version/i, 'Port 465 is smtps://, port 587 is smtp:// with STARTTLS.'],
];

function adviceFor(message: string): string {
  return advices.find(([pattern]) => pattern.test(message))?.[1] ?? 'Correct host and port in SMTP_URL.';
}

function sender(from: string, production: boolean): Finding[] {
  const domain = parseMailbox(from)?.address.split('@')[1] ?? '';
  if (!production || domain.includes('.')) return [];
  return [problem(`The sender is ${from}, which mail servers refuse.`, 'Set MAIL_FROM.')];
}
