/** Koa with three ifs and a Map: the least one can write. */
import { randomBytes } from 'node:crypto';
import bcrypt from 'bcrypt';
import Koa from 'koa';
import { bodyOf, cookieOf, cost, listen, notFound, password, paths, user, username, wrong } from './common.js';

const sessions = new Map();
const hash = bcrypt.hashSync(password, cost);
const app = new Koa();

async function login(ctx) {
  const typed = await bodyOf(ctx.req);
  if (typed.username !== username || !(await bcrypt.compare(typed.password, hash))) {
    ctx.status = 422;
    ctx.body = wrong;
    return;
  }
  const id = randomBytes(32).toString('base64url');
  sessions.set(id, { userId: user.uid, createdAt: Date.now() });
  ctx.set('Set-Cookie', `id=${id}; Path=/; HttpOnly`);
  ctx.body = { redirect: 'http://localhost/' };
}

app.use(async (ctx) => {
  if (ctx.path === paths.authenticated) ctx.body = { authenticated: sessions.has(cookieOf(ctx.req, 'id')) };
  else if (ctx.path === paths.current && sessions.has(cookieOf(ctx.req, 'id'))) ctx.body = [user];
  else if (ctx.path === paths.login) await login(ctx);
  else {
    ctx.status = 404;
    ctx.body = notFound;
  }
});
listen(app);
