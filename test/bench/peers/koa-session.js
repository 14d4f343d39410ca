/** Koa, @koa/router, koa-session and a body parser, each as its own documentation shows it. */
import { bodyParser } from '@koa/bodyparser';
import Router from '@koa/router';
import bcrypt from 'bcrypt';
import Koa from 'koa';
import session from 'koa-session';
import { cost, listen, notFound, password, paths, user, username, wrong } from './common.js';

const hash = bcrypt.hashSync(password, cost);
const stored = new Map();
const app = new Koa();
app.keys = ['some secret hurr'];
app.use(
  session(
    {
      store: {
        get: async (key) => stored.get(key),
        set: async (key, value) => void stored.set(key, value),
        destroy: async (key) => void stored.delete(key),
      },
    },
    app,
  ),
);
app.use(bodyParser());

const router = new Router();
router.get(paths.authenticated, (ctx) => {
  ctx.body = { authenticated: ctx.session.userId !== undefined };
});
router.get(paths.current, (ctx) => {
  if (ctx.session.userId === undefined) ctx.throw(401);
  ctx.body = [user];
});
router.post(paths.login, async (ctx) => {
  const typed = ctx.request.body;
  if (typed.username !== username || !(await bcrypt.compare(typed.password, hash))) {
    ctx.status = 422;
    ctx.body = wrong;
    return;
  }
  ctx.session.regenerate();
  ctx.session.userId = user.uid;
  ctx.body = { redirect: 'http://localhost/' };
});
app.use(router.routes()).use(router.allowedMethods());
app.use((ctx) => {
  ctx.status = 404;
  ctx.body = notFound;
});
listen(app);
