import { randomBytes } from 'node:crypto';
import { Command } from 'commander';
import type { Services } from '../auth/services.js';
import { addUser } from '../auth/users.js';
import { startGatehouse, type Gatehouse } from '../gatehouse.js';
import { print } from './output.js';
import { commandLine, settingsHere } from './settings.js';

/** `gatehouse serve` */
export function serveCommand(): Command {
  return new Command('serve').description('start the server').action(serve);
}

async function serve(): Promise<void> {
  const gatehouse = await startGatehouse(settingsHere());
  await welcomeFirstStart(gatehouse);
  await untilSignal();
  await gatehouse.stop();
}

/** SIGTERM and SIGINT end the server cleanly; a second one ends it at once. */
function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    const first = (): void => {
      process.once('SIGINT', () => process.exit(130));
      process.once('SIGTERM', () => process.exit(143));
      resolve();
    };
    process.once('SIGTERM', first);
    process.once('SIGINT', first);
  });
}

/** On an empty database: in development a user to try with, shown once; in production the way to the first user. */
async function welcomeFirstStart({ services, address }: Gatehouse): Promise<void> {
  const { settings, stores } = services;
  const { host, port } = address();
  print(
    `Gatehouse listens on http://${host.includes(':') ? `[${host}]` : host}:${port} and is seen as ${settings.publicUrl}`,
  );
  if ((await stores.users.count()) > 0) return;
  if (settings.production) return print(noUsersYet);
  print(firstUser(settings.publicUrl, await createFirstUser(services)));
}

async function createFirstUser(services: Services): Promise<string> {
  const password = randomBytes(12).toString('base64url');
  const request = {
    username: 'user',
    email: 'user@example.com',
    password,
    firstName: 'Test',
    lastName: 'User',
    name: 'Test User',
  };
  await addUser(services, request, 'first start', commandLine);
  return password;
}

const noUsersYet = `There are no users yet. Enter the first one with
  npx gatehouse user add NAME --email ADDRESS --admin`;

function firstUser(url: string, password: string): string {
  return `
The database was empty, so there is a user to try with (shown only now):
  name      user
  password  ${password}

Log in:
  curl -i ${url}/api/login/logins/auth -H 'Content-Type: application/json' -d '{"username":"user","password":"${password}"}'
`;
}
