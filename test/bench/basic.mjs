/** A check with `Authorization: Basic` beside the same with a cookie, in turn on one server: a verification must not come back with each request. */
import { hammer } from './load.mjs';
import { median } from './numbers.mjs';
import { password, start, username, verify } from './servers.mjs';

/** @returns CPU µs and requests per second of both, and the ratio of their CPU */
export async function measureBasic({ rounds, seconds, tell }) {
  tell('Basic authentication beside a cookie');
  const settings = { routes: { authentication: ['basic', 'cookie'] } };
  const one = await start('gatehouse', { core: 0, settings });
  try {
    await verify(one);
    const authorization = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
    await refuseStrangers(one, authorization);
    const ways = { cookie: { cookie: one.cookie }, basic: { authorization } };
    return await compare(one, ways, { rounds, seconds });
  } finally {
    await one.stop();
  }
}

async function refuseStrangers(one, authorization) {
  for (const [value, wanted] of [
    [authorization, true],
    [authorization.slice(0, -4), false],
  ]) {
    const answer = await fetch(one.url + one.paths.check, { headers: { Authorization: value } });
    if ((await answer.json()).authenticated !== wanted) throw new Error('Basic credentials are not judged');
  }
}

async function compare(one, ways, { rounds, seconds }) {
  const samples = { cookie: [], basic: [] };
  for (let round = -1; round < rounds; round += 1)
    for (const [name, headers] of Object.entries(ways)) {
      const before = one.cpu();
      const { perSecond, total } = await hammer(one.url + one.paths.check, { ...headers, seconds });
      if (round >= 0) samples[name].push({ perSecond, cpu: (one.cpu() - before) / total });
    }
  const row = (taken) => ({
    perSecond: Math.round(median(taken.map(({ perSecond }) => perSecond))),
    cpu: median(taken.map(({ cpu }) => cpu)),
  });
  const ratio = median(samples.basic.map(({ cpu }, round) => cpu / samples.cookie[round].cpu));
  return { cookie: row(samples.cookie), basic: row(samples.basic), ratio };
}
