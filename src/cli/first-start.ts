import { randomBytes, randomUUID } from 'node:crypto';
import type { Services } from '../auth/services.js';
import { addUser } from '../auth/users.js';
import type { Gatehouse } from '../gatehouse.js';
import { print } from './output.js';
import { commandLine } from './settings.js';

/** Where the server is. On an empty database: in development a user to try with, shown once; in production the way to the first. */
export async function welcome({ services, address }: Gatehouse): Promise<void> {
  const { settings, stores } = services;
  const { host, port } = address();
  const publicUrl = withPort(settings.publicUrl, port);
  print(`Gatehouse listens on http://${host.includes(':') ? `[${host}]` : host}:${port} and is seen as ${publicUrl}`);
  if ((await stores.users.count()) > 0) return;
  if (settings.production) return print(noUsersYet);
  if (await isMine(services)) print(firstUser(publicUrl, await createFirstUser(services)));
}

/** With PORT=0 the port is known only now. */
function withPort(publicUrl: string, port: number): string {
  return publicUrl.replace(/^(https?:\/\/[^/]+):0(?=\/|$)/, `$1:${port}`);
}

const minute = 60_000;

/** Of several servers that start on one empty database, one enters the user. */
function isMine({ stores, clock }: Services): Promise<boolean> {
  const now = clock.now();
  return stores.lease('first-start', randomUUID(), now, now + minute);
}

async function createFirstUser(services: Services): Promise<string> {
  const password = randomBytes(Math.max(12, services.settings.password.minLength)).toString('base64url');
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
