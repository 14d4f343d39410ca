/** fastify with the session plugin named by BENCH_SESSION: `session` (a store) or `secure` (all in the cookie). */
import fastifyCookie from '@fastify/cookie';
import fastifySecureSession from '@fastify/secure-session';
import fastifySession from '@fastify/session';
import bcrypt from 'bcrypt';
import Fastify from 'fastify';
import { cost, notFound, password, paths, user, username, wrong } from './common.js';

const hash = bcrypt.hashSync(password, cost);
const secret = 'a secret with at least thirty-two characters';
const app = Fastify();
if (process.env.BENCH_SESSION === 'secure') {
  await app.register(fastifySecureSession, { key: Buffer.alloc(32, 7), cookie: { path: '/', httpOnly: true } });
} else {
  await app.register(fastifyCookie);
  await app.register(fastifySession, { secret, saveUninitialized: false, cookie: { secure: false } });
}
const store = process.env.BENCH_SESSION === 'secure' ? secure : inStore;
function secure(request) {
  return { get: () => request.session.get('userId'), set: (id) => request.session.set('userId', id) };
}
function inStore(request) {
  return { get: () => request.session.userId, set: (id) => void (request.session.userId = id) };
}

app.get(paths.authenticated, async (request) => ({ authenticated: store(request).get() !== undefined }));
app.get(paths.current, async (request, reply) => {
  if (store(request).get() === undefined) return reply.code(401).send({ error: 'Authentication required.' });
  return [user];
});
app.post(paths.login, async (request, reply) => {
  const typed = request.body;
  if (typed.username !== username || !(await bcrypt.compare(typed.password, hash))) return reply.code(422).send(wrong);
  if (request.session.regenerate && process.env.BENCH_SESSION !== 'secure') await request.session.regenerate();
  store(request).set(user.uid);
  return { redirect: 'http://localhost/' };
});
app.setNotFoundHandler((_request, reply) => reply.code(404).send(notFound));
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' });
