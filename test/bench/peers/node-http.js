/** The floor: Node's own server, sessions in a Map, nothing else. */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import bcrypt from 'bcrypt';
import { bodyOf, cookieOf, cost, listen, notFound, password, paths, user, username, wrong } from './common.js';

const sessions = new Map();
const hash = bcrypt.hashSync(password, cost);

function answer(response, status, value, headers) {
  const body = JSON.stringify(value);
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}

async function login(request, response) {
  const typed = await bodyOf(request);
  if (typed.username !== username || !(await bcrypt.compare(typed.password, hash))) return answer(response, 422, wrong);
  const id = randomBytes(32).toString('base64url');
  sessions.set(id, { userId: user.uid, createdAt: Date.now() });
  answer(response, 200, { redirect: 'http://localhost/' }, { 'Set-Cookie': `id=${id}; Path=/; HttpOnly` });
}

listen(
  createServer((request, response) => {
    switch (request.url) {
      case paths.authenticated:
        return answer(response, 200, { authenticated: sessions.has(cookieOf(request, 'id')) });
      case paths.current:
        if (!sessions.has(cookieOf(request, 'id'))) return answer(response, 401, { error: 'Authentication required.' });
        return answer(response, 200, [user]);
      case paths.login:
        return void login(request, response);
      default:
        answer(response, 404, notFound);
    }
  }),
);
