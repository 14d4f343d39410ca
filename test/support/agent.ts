import { recordSecret, recordSecretsOf } from './record.js';

/** A client with a cookie jar over Node's fetch. */
export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  /** the parsed body; undefined when it is no JSON */
  json: unknown;
}

export interface Call {
  method?: string;
  headers?: Record<string, string>;
  /** an object goes out as JSON, a string as it is */
  body?: unknown;
  signal?: AbortSignal;
}

export class Agent {
  readonly cookies = new Map<string, string>();
  readonly #base: string;
  readonly #headers: Record<string, string>;

  constructor(base: string, headers: Record<string, string> = {}) {
    this.#base = base;
    this.#headers = headers;
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.call(path, { headers });
  }

  post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.call(path, { method: 'POST', body, headers });
  }

  async call(path: string, { method = 'GET', headers = {}, body, signal }: Call): Promise<Answer> {
    recordSecretsOf(headers, body);
    const isText = typeof body === 'string' || body === undefined || body instanceof Uint8Array;
    const response = await fetch(this.#base + path, {
      method,
      redirect: 'manual',
      headers: {
        ...(isText ? {} : { 'Content-Type': 'application/json' }),
        ...this.#cookieHeader(),
        ...this.#headers,
        ...headers,
      },
      ...(body === undefined ? {} : { body: isText ? (body as string) : JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    });
    for (const line of response.headers.getSetCookie()) this.#keep(line);
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: parse(text) };
  }

  #cookieHeader(): Record<string, string> {
    const pairs = [...this.cookies].map(([name, value]) => `${name}=${value}`);
    return pairs.length ? { Cookie: pairs.join('; ') } : {};
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split('; ');
    const name = pair.slice(0, pair.indexOf('='));
    const expires = attributes.find((attribute) => /^expires=/i.test(attribute))?.slice(8);
    if (expires && new Date(expires).getTime() < Date.now()) this.cookies.delete(name);
    else this.cookies.set(name, recordSecret(pair.slice(name.length + 1)));
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
