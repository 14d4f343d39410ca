/**
 * Checks arrive on schedule, whatever the server does, while `logins` logins are kept in flight: each latency counts from
 * the moment the check was due, so that waiting shows. A process of its own; what to do comes as JSON in its argument.
 */
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { closedLoop, loginSender, sender } from './load.mjs';
import { percentile } from './numbers.mjs';

export async function flood({ url, paths, cookie, form, secret, logins, perSecond, seconds }) {
  const check = sender(url + paths.check, { headers: { Cookie: cookie }, sockets: 256 });
  const login = loginSender({ url, paths, form: () => form }, secret);
  const logging = closedLoop(login, { inFlight: logins, seconds: seconds + 1 });
  await sleep(1000);
  const { latencies, lost } = await onSchedule(check, { perSecond, seconds });
  const { perSecond: loginsPerSecond, statuses } = await logging;
  check.close();
  login.close();
  const [p50, p99, max] = [50, 99, 100].map((percent) => percentile(latencies, percent));
  return { p50, p99, max, lost, loginsPerSecond, statuses: Object.fromEntries(statuses) };
}

async function onSchedule(send, { perSecond, seconds }) {
  const begin = performance.now();
  const latencies = [];
  const flying = [];
  let lost = 0;
  for (let sent = 0; sent < perSecond * seconds;) {
    const due = begin + (sent * 1000) / perSecond;
    if (performance.now() < due) {
      await sleep(1);
      continue;
    }
    sent += 1;
    const done = send().then((status) => {
      if (status === 200) latencies.push(performance.now() - due);
      else lost += 1;
    });
    flying.push(done);
  }
  await Promise.all(flying);
  return { latencies, lost };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { setPriority } = await import('node:os');
  // the client must not be what waits for a core; needs the right to do so, and is measured the same without
  if (process.getuid?.() === 0) setPriority(-10);
  process.stdout.write(JSON.stringify(await flood(JSON.parse(process.argv[2]))));
}
