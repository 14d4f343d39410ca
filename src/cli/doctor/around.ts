import type { Settings } from '../../config/settings.js';

/** What an address answered to `/health/live`. */
export interface Reply {
  url: string;
  who: 'this server' | 'another' | 'nobody';
  status: number;
  /** `Location` of a redirect */
  location: string;
  /** milliseconds that its clock is ahead of ours, as far as `Date` tells (to the second) */
  clockAhead: number | undefined;
  /** why nobody answered: `ECONNREFUSED`, `CERT_HAS_EXPIRED` … */
  reason: string;
}

export interface Around {
  /** undefined: the port is chosen at each start */
  local: Reply | undefined;
  /** as the world sees it */
  world: Reply;
  /** the same address without TLS, where `publicUrl` is https */
  plain: Reply | undefined;
  /** what `/health/ready` of the server here complains about */
  unready: string[];
  /** `/metrics` of the server here, as far as it may be read; else '' */
  metrics: string;
}

const patience = 3000;

/** Asks the server at its three addresses. */
export async function lookAround({ publicUrl, http, metrics }: Settings): Promise<Around> {
  const here = http.port ? `http://${reachable(http.host)}:${http.port}` : undefined;
  const [local, world, plain, unready, figures] = await Promise.all([
    here ? knock(here) : undefined,
    knock(publicUrl),
    publicUrl.startsWith('https:') ? knock(publicUrl.replace('https:', 'http:')) : undefined,
    here ? complaints(here) : [],
    here && metrics.enabled ? read(`${here}/metrics`, metrics.token) : '',
  ]);
  return { local, world, plain, unready, metrics: figures };
}

/** All addresses of this machine are reached by its own. */
function reachable(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}

async function knock(url: string): Promise<Reply> {
  const nobody = { url, who: 'nobody', status: 0, location: '', clockAhead: undefined } as const;
  try {
    const answer = await fetch(`${url}/health/live`, { redirect: 'manual', signal: AbortSignal.timeout(patience) });
    const text = (await answer.text()).slice(0, 100);
    const ours = answer.status === 200 && answer.headers.has('x-request-id') && text === '{"status":"ok"}';
    return {
      url,
      who: ours ? 'this server' : 'another',
      status: answer.status,
      location: answer.headers.get('location') ?? '',
      clockAhead: aheadOf(answer.headers.get('date')),
      reason: '',
    };
  } catch (error) {
    return { ...nobody, reason: reasonOf(error) };
  }
}

function aheadOf(date: string | null): number | undefined {
  const there = Date.parse(date ?? '');
  return Number.isNaN(there) ? undefined : there - Math.floor(Date.now() / 1000) * 1000;
}

function reasonOf(error: unknown): string {
  const { cause, name, message } = error as Error & { cause?: { code?: string; message?: string } };
  if (name === 'TimeoutError') return `no answer in ${patience / 1000} seconds`;
  return cause?.code ?? cause?.message ?? message;
}

async function complaints(here: string): Promise<string[]> {
  const text = await read(`${here}/health/ready`);
  try {
    const { checks } = JSON.parse(text) as { checks: Record<string, string> };
    return Object.entries(checks).flatMap(([name, said]) => (said === 'ok' ? [] : [`${name}: ${said}`]));
  } catch {
    return [];
  }
}

async function read(url: string, token = ''): Promise<string> {
  try {
    const headers = token ? { Authorization: `Bearer ${token}` } : undefined;
    const answer = await fetch(url, { signal: AbortSignal.timeout(patience), ...(headers && { headers }) });
    return await answer.text();
  } catch {
    return '';
  }
}
