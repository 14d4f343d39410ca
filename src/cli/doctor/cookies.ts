import { isIP } from 'node:net';
import type { Settings } from '../../config/settings.js';
import type { Around } from './around.js';
import { ok, problem, warning, type Examination, type Finding } from './finding.js';

/** Why a browser would not keep the session cookie, or not send it. */
export const examineCookies: Examination = async ({ settings, around }) => {
  const seen = await around;
  const findings = rules.flatMap((rule) => rule(settings, seen) ?? []);
  return findings.length > 0 ? findings : [ok(`Browsers keep ${description(settings)}.`)];
};

type Rule = (settings: Settings, around: Around) => Finding | Finding[] | undefined;

const rules: Rule[] = [withoutTls, sentToTls, readableOnItsWay, domain, twoNames, otherSites, mutedOrigins];

const isHttps = ({ publicUrl }: Settings): boolean => publicUrl.startsWith('https:');
const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).hostname : '');

function description(settings: Settings): string {
  const { name, sameSite, domain } = settings.session.cookie;
  return `${name} (SameSite=${sameSite}${isHttps(settings) ? ', Secure' : ''}${domain && `, Domain=${domain}`})`;
}

function withoutTls(_settings: Settings, { world, plain }: Around): Finding | undefined {
  if (world.who === 'this server' || plain?.who !== 'this server') return undefined;
  return problem(
    `PUBLIC_URL says https, but the server is reached as ${plain.url}: browsers keep no Secure cookie from there.`,
    'Put a TLS proxy in front, or write http in PUBLIC_URL.',
  );
}

function sentToTls(settings: Settings, { world }: Around): Finding | undefined {
  if (isHttps(settings) || !world.location.startsWith('https://')) return undefined;
  return problem(
    `PUBLIC_URL says http, but that address sends everybody to ${new URL(world.location).origin}.`,
    'Write https in PUBLIC_URL, or cookies and links are made for an address nobody uses.',
  );
}

function readableOnItsWay(settings: Settings): Finding | undefined {
  if (isHttps(settings) || !settings.production || isLoopback(hostOf(settings.publicUrl))) return undefined;
  return warning(
    'PUBLIC_URL is http: passwords and cookies can be read on their way.',
    'Put a TLS proxy in front and write https in PUBLIC_URL.',
  );
}

function domain({ session: { cookie } }: Settings): Finding | undefined {
  const name = cookie.domain.replace(/^\./, '');
  if (!name || (name.includes('.') && !/^(co|com|org|net|ac|gov|edu)\.[a-z]{2}$/i.test(name))) return undefined;
  return problem(
    `Browsers refuse a cookie for all of "${name}".`,
    'Write the domain you own in session.cookie.domain, or leave it empty.',
  );
}

const isLoopback = (host: string): boolean => host === 'localhost' || host === '[::1]' || host.startsWith('127.');

/** To a browser `localhost` and `127.0.0.1` are two sites, each with cookies of its own. */
function twoNames({ publicUrl, redirects, cors }: Settings): Finding | undefined {
  const host = hostOf(publicUrl);
  if (!isLoopback(host)) return undefined;
  const texts = [...Object.values(redirects), ...Object.values(redirects.error)].flat();
  const urls = [...texts, ...cors.origins].filter((text): text is string => typeof text === 'string');
  const other = urls.find((url) => isLoopback(hostOf(url)) && hostOf(url) !== host);
  if (!other) return undefined;
  return problem(
    `PUBLIC_URL is ${publicUrl} and ${other} is named, too: a cookie of ${host} is not sent to ${hostOf(other)}.`,
    `Write ${host} everywhere, in the browser as well.`,
  );
}

/** By the last two labels: the list of public suffixes is not at hand. */
function siteOf(url: string): string {
  const { protocol, hostname } = new URL(url);
  const labels = isIP(hostname) ? [hostname] : hostname.split('.').slice(-2);
  return `${protocol}//${labels.join('.')}`;
}

function otherSites({ publicUrl, cors, session: { cookie } }: Settings): Finding[] {
  if (!cors.credentials || cookie.sameSite === 'none') return [];
  const far = cors.origins.filter((origin) => siteOf(origin) !== siteOf(publicUrl));
  return far.map((origin) =>
    problem(
      `Pages of ${origin} are of another site than ${publicUrl}: their requests carry no SameSite=${cookie.sameSite} cookie.`,
      'Set session.cookie.sameSite: none (with https), or serve both below one domain.',
    ),
  );
}

function mutedOrigins({ cors }: Settings): Finding | undefined {
  if (cors.origins.length === 0 || cors.credentials) return undefined;
  return warning(
    `Pages of ${cors.origins.join(', ')} may ask, but not as somebody: cors.credentials is false.`,
    'Set cors.credentials: true if people log in there.',
  );
}
