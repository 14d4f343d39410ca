import { expect, test } from '@jest/globals';
import { rightPassword, startTestGatehouse } from '../support/gatehouse.js';

const login = '/api/login/logins/auth';
const authenticated = '/api/login/users/authenticated';

test.each([
  ['forward', 1],
  ['back', -1],
])('a clock that jumps an hour %s ends no session and lets people log in', async (_direction, hours) => {
  const gatehouse = await startTestGatehouse();
  await gatehouse.addUser();
  const agent = await gatehouse.loggedIn();
  gatehouse.clock.advance({ hours });
  expect((await agent.get(authenticated)).json).toEqual({ authenticated: true });
  const later = await gatehouse.loggedIn();
  gatehouse.clock.advance({ hours: -hours });
  for (const one of [agent, later]) expect((await one.get(authenticated)).json).toEqual({ authenticated: true });
});

test('a throttle that is full when the clock jumps back is over at once, not an hour later', async () => {
  const gatehouse = await startTestGatehouse();
  await gatehouse.addUser();
  const attempt = (password: string) => gatehouse.agent().post(login, { username: 'nobody', password });
  for (let times = 0; times < 50; times += 1) await attempt('wrong password');
  expect((await attempt(rightPassword)).status).toBe(429);
  gatehouse.clock.advance({ hours: -1 });
  expect((await attempt('wrong password')).status).toBe(422);
  gatehouse.clock.advance({ hours: 2 });
  expect((await attempt('wrong password')).status).toBe(422);
});

test('an account that is locked when the clock jumps back gets no longer lock than a new one', async () => {
  const gatehouse = await startTestGatehouse({ config: { lockout: { attempts: 3, minutes: 10 } } });
  await gatehouse.addUser();
  const attempt = (password: string) => gatehouse.agent().post(login, { username: 'user', password });
  for (let times = 0; times < 3; times += 1) await attempt('wrong password');
  gatehouse.clock.advance({ hours: -1 });
  expect((await attempt(rightPassword)).status).not.toBe(200);
  gatehouse.clock.advance({ minutes: 9 });
  expect((await attempt(rightPassword)).status).not.toBe(200);
  gatehouse.clock.advance({ minutes: 1 });
  expect((await attempt(rightPassword)).status).toBe(200);
});
