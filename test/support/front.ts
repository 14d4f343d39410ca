import { request as plainRequest } from 'node:http';
import { request } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Seen {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
}

interface Ask {
  port: number;
  /** false: without TLS */
  tls?: boolean;
  host?: string;
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

/** Asks a proxy on this machine as a browser would ask `login.example`; its certificate is our own. */
export function ask(
  path: string,
  { port, tls = true, host = 'login.example', method = 'GET', headers, body }: Ask,
): Promise<Seen> {
  const options = { port, host: '127.0.0.1', path, method, headers: { Host: host, ...headers } };
  return new Promise((resolve, reject) => {
    const asked = tls ? request({ ...options, rejectUnauthorized: false, servername: host }) : plainRequest(options);
    asked.on('error', reject).on('response', (answer) => {
      let text = '';
      answer.setEncoding('utf8').on('data', (part: string) => (text += part));
      answer.on('end', () => resolve({ status: answer.statusCode!, headers: answer.headers, text }));
    });
    asked.end(body);
  });
}

/** Waits until the proxy answers over TLS: Caddy makes its certificate after it began to listen. */
export async function answering(port: number, seconds = 20): Promise<void> {
  for (const until = Date.now() + seconds * 1000; ;) {
    try {
      await ask('/', { port });
      return;
    } catch (error) {
      if (Date.now() > until) throw error;
      await sleep(50);
    }
  }
}
