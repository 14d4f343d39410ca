import { request as plainRequest } from 'node:http';
import { request } from 'node:https';

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
