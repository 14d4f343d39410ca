import type { Around, Reply } from './around.js';
import { ok, problem, warning, type Examination, type Finding } from './finding.js';

/** Whether the port is ours and `publicUrl` leads here. */
export const examineAddress: Examination = async ({ settings, around }) => {
  const seen = await around;
  const { local, world } = seen;
  const findings = local ? [here(local), ...seen.unready.map(notReady)] : [];
  return local && sameOrigin(local.url, settings.publicUrl) ? findings : [...findings, out(world, seen)];
};

const sameOrigin = (one: string, other: string): boolean =>
  new URL(one).origin === new URL(other).origin.replace('//localhost', '//127.0.0.1');

function here({ url, who, status, reason }: Reply): Finding {
  if (who === 'this server') return ok(`The server answers on ${url}.`);
  if (who === 'another')
    return problem(`${url} is taken by another program (it answered ${status}).`, 'End it, or set another PORT.');
  if (reason === 'ECONNREFUSED') return ok(`${url} is free: the server is not running here.`);
  return warning(`Nobody answers on ${url}: ${reason}.`, 'Is http.host an address of this machine?');
}

function notReady(complaint: string): Finding {
  return problem(`The server is not ready: ${complaint}.`, 'Its log says more.');
}

function out({ url, who, status, location, reason }: Reply, { local }: Around): Finding {
  if (who === 'this server') return ok(`${url} (PUBLIC_URL) leads to this server.`);
  if (who === 'another')
    return problem(
      `${url} (PUBLIC_URL) answered ${status}${location && ` and sends to ${location}`}, which is not this server.`,
      'Let the proxy pass /health/live on, or correct PUBLIC_URL.',
    );
  const message = `${url} (PUBLIC_URL) cannot be reached: ${reason}.`;
  if (local?.who !== 'this server') return warning(message, 'Ask again when server and proxy run.');
  return problem(message, 'Start the proxy, correct its certificate or PUBLIC_URL; mails link to this address.');
}
