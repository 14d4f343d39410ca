/** From the start of the process to its first answer: with an empty database, and with many users in it. */
import { median } from './numbers.mjs';
import { seedUsers } from './seed.mjs';
import { start } from './servers.mjs';

export async function measureStartup({ users, rounds, tell }) {
  tell('start-up, empty database');
  const empty = [];
  for (let round = 0; round < rounds; round += 1) empty.push(await firstStart());
  tell(`start-up, ${users.toLocaleString('en')} users`);
  return { empty: median(empty), full: median(await laterStarts(users, rounds)), users };
}

async function firstStart() {
  const one = await start('gatehouse', { users: false });
  await one.stop();
  return one.startedIn;
}

async function laterStarts(users, rounds) {
  const one = await start('gatehouse', { seed: (env) => seedUsers(env, users) });
  const times = [];
  try {
    for (let round = 0; round < rounds; round += 1) {
      await one.end();
      times.push(await one.run());
    }
  } finally {
    await one.stop();
  }
  return times;
}
