import { readFileSync } from 'node:fs';

/** What every peer knows: one user, the 28 keys of `users/current`, and where to listen. */
export const username = 'user';
export const password = 'correct horse battery';
export const cost = Number(process.env.BENCH_COST ?? 10);
export const user = JSON.parse(readFileSync(new URL('./user.json', import.meta.url), 'utf8'));

export const paths = {
  authenticated: '/api/login/users/authenticated',
  current: '/api/login/users/current',
  login: '/api/login/logins/auth',
};

export const wrong = { errors: { password: ['Password is invalid'] } };
export const notFound = { error: 'Not found.' };

export function listen(server) {
  server.listen(Number(process.env.PORT), '127.0.0.1');
}

/** The value of a cookie, read as cheaply as a header can be. */
export function cookieOf(request, name) {
  const header = request.headers.cookie;
  if (header === undefined) return undefined;
  const start = header.indexOf(`${name}=`);
  if (start === -1) return undefined;
  const end = header.indexOf(';', start);
  return header.slice(start + name.length + 1, end === -1 ? undefined : end);
}

export async function bodyOf(request) {
  let text = '';
  for await (const chunk of request) text += chunk;
  return JSON.parse(text);
}
