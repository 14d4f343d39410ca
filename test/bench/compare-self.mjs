/** Two or more of our own servers under the same load in turn. */
import { hammer } from './load.mjs';
import { median } from './numbers.mjs';

/** CPU µs per request of each, and the ratio of the last to the first, round by round. */
export async function compareSelf(running, { rounds, seconds, url, cookie = () => '' }) {
  const samples = running.map(() => []);
  const ask = async (one) => {
    const before = one.cpu();
    const { total } = await hammer(url(one), { cookie: cookie(one), seconds });
    return (one.cpu() - before) / total;
  };
  for (const one of running) await ask(one);
  for (let round = 0; round < rounds; round += 1)
    for (const [index, one] of running.entries()) samples[index].push(await ask(one));
  const ratio = median(samples.at(-1).map((cpu, round) => cpu / samples[0][round]));
  return { cpu: samples.map((taken) => median(taken)), ratio };
}
