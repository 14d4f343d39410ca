/** Many connections that say nothing: what they cost, and whether others are still answered. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { logIn, start } from './servers.mjs';

export async function measureIdleConnections({ connections, tell }) {
  tell(`${connections.toLocaleString('en')} idle connections`);
  const one = await start('gatehouse');
  try {
    one.cookie = await logIn(one);
    await check(one);
    const before = one.memory();
    const sockets = await openMany(one, connections);
    const milliseconds = await check(one);
    const result = { connections, megabytes: one.memory() - before, milliseconds };
    for (const socket of sockets) socket.destroy();
    await check(one);
    return result;
  } finally {
    await one.stop();
  }
}

async function openMany({ url }, count) {
  const { hostname, port } = new URL(url);
  const sockets = [];
  while (sockets.length < count) {
    const some = Array.from({ length: Math.min(200, count - sockets.length) }, () => connect(Number(port), hostname));
    await Promise.all(some.map((socket) => once(socket, 'connect')));
    for (const socket of some) socket.on('error', () => {});
    sockets.push(...some);
  }
  return sockets;
}

async function check(one) {
  const begin = performance.now();
  const answer = await fetch(one.url + one.paths.check, { headers: { Cookie: one.cookie } });
  if (!one.says.check(await answer.text())) throw new Error('the session is not known among idle connections');
  return performance.now() - begin;
}
