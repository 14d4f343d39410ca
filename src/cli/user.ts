import { Command } from 'commander';
import { isLocked, unlock } from '../auth/lockout.js';
import type { Services } from '../auth/services.js';
import { isLive } from '../auth/session.js';
import { addUser, changeUser, deleteUser, lookUpUser, personProblems, setPassword, terminate } from '../auth/users.js';
import { Refusal } from '../errors.js';
import type { User } from '../stores/contract.js';
import { CommandFailure, exitCodes } from './exit.js';
import { print, printJson, table } from './output.js';
import { readPassword } from './prompt.js';
import { commandLine, withServices } from './settings.js';

interface AddOptions {
  email?: string;
  group: string[];
  admin?: boolean;
  passwordStdin?: boolean;
  firstName?: string;
  lastName?: string;
}

/** `gatehouse user …` */
export function userCommand(): Command {
  const user = new Command('user').description('add, list and change users');
  user
    .command('add <name>')
    .description('enter a user')
    .option('--email <address>', 'e-mail address; needed')
    .option(
      '--group <name>',
      'put the user into a group (may be repeated)',
      (name, names: string[]) => [...names, name],
      [],
    )
    .option('--admin', 'make the user an administrator')
    .option('--password-stdin', 'read the password from standard input instead of asking')
    .option('--first-name <name>', 'shown in mails and on pages')
    .option('--last-name <name>', 'shown in mails and on pages')
    .action((name: string, options: AddOptions) => add(name, options));
  user
    .command('list')
    .description('all users')
    .option('--json', 'for scripts')
    .action((options: { json?: boolean }) => withServices((services) => list(services, options.json)));
  user
    .command('show <name>')
    .description('one user')
    .option('--json', 'for scripts')
    .action((name: string, options: { json?: boolean }) =>
      withUser(name, (services, found) => show(services, found, options.json)),
    );
  user
    .command('password <name>')
    .description('set a new password and end the user’s sessions')
    .option('--password-stdin', 'read the password from standard input instead of asking')
    .action((name: string, options: { passwordStdin?: boolean }) =>
      changePassword(name, options.passwordStdin ?? false),
    );
  for (const [verb, description, act] of simpleCommands) {
    user
      .command(`${verb} <name>`)
      .description(description)
      .action((name: string) => withUser(name, act));
  }
  return user;
}

const by = 'command line';

type Act = (services: Services, user: User) => Promise<void>;

const simpleCommands: [string, string, Act][] = [
  [
    'unlock',
    'lift a lock after too many wrong passwords',
    async (services, user) => {
      await unlock(services, user, 'command', commandLine);
      print(`${user.username} is unlocked.`);
    },
  ],
  [
    'disable',
    'switch the user off and end their sessions',
    async (services, user) => {
      await changeUser(services, user, { disabled: true }, by, commandLine);
      print(`${user.username} is disabled.`);
    },
  ],
  [
    'enable',
    'switch the user on',
    async (services, user) => {
      await changeUser(services, user, { disabled: false }, by, commandLine);
      print(`${user.username} is enabled.`);
    },
  ],
  [
    'delete',
    'delete the user with all that belongs to them',
    async (services, user) => {
      await deleteUser(services, user, by, commandLine);
      print(`${user.username} is deleted.`);
    },
  ],
  [
    'logout',
    'end all sessions of the user',
    async (services, user) => {
      const count = await terminate(services, user, by, commandLine);
      print(`${count} session${count === 1 ? '' : 's'} of ${user.username} ended.`);
    },
  ],
];

async function withUser(name: string, act: Act): Promise<void> {
  await withServices(async (services) => act(services, await existing(services, name)));
}

async function existing(services: Services, name: string): Promise<User> {
  const user = await lookUpUser(services, name);
  if (!user) throw new CommandFailure(`There is no user "${name}".`);
  return user;
}

async function add(username: string, options: AddOptions): Promise<void> {
  const { email, group: groups, admin = false, firstName = '', lastName = '' } = options;
  if (!email) throw new CommandFailure('A user needs an e-mail address: --email ADDRESS', exitCodes.wrongUse);
  const problems = personProblems({ username, email, groups });
  if (problems.length > 0) throw new Refusal('invalid-input', { problems });
  const password = await readPassword(options.passwordStdin ?? false);
  const name = [firstName, lastName].filter(Boolean).join(' ');
  await withServices(async (services) => {
    const request = { username, email, password, groups, admin, firstName, lastName, name };
    const user = await addUser(services, request, by, commandLine);
    print(`${user.username} has the id ${user.id}.`);
  });
}

async function changePassword(name: string, fromStdin: boolean): Promise<void> {
  const password = await readPassword(fromStdin);
  await withUser(name, async (services, user) => {
    await setPassword(services, user, password, 'command', commandLine);
    print(`${user.username} has a new password; all sessions ended.`);
  });
}

const page = 1000;

async function list(services: Services, json = false): Promise<void> {
  const users: User[] = [];
  for (let offset = 0; ; offset += page) {
    const some = await services.stores.users.list({ offset, limit: page, order: 'id' });
    users.push(...some);
    if (some.length < page) break;
  }
  if (json) return printJson(users.map((user) => describe(services, user)));
  const rows = users.map((user) => [
    String(user.id),
    user.username,
    user.email,
    stateOf(services, user),
    groupsOf(user),
  ]);
  print(table(['id', 'name', 'e-mail', 'state', 'groups'], rows));
}

async function show(services: Services, user: User, json = false): Promise<void> {
  const description = {
    ...describe(services, user),
    sessions: (await services.stores.sessions.ofUser(user.id, services.clock.now())).length,
  };
  if (json) return printJson(description);
  print(
    table(
      ['field', 'value'],
      Object.entries(description).map(([field, value]) => [field, String(value)]),
    ),
  );
}

/** Never the password's hash. */
function describe(services: Services, { passwordHash: _secret, groups, ...user }: User) {
  return {
    ...user,
    groups: groups.map(({ name }) => name),
    state: stateOf(services, { ...user, groups, passwordHash: '' }),
  };
}

function stateOf({ clock }: Services, user: User): string {
  if (user.disabled) return 'disabled';
  if (isLocked(user, clock.now())) return 'locked';
  return isLive(user, clock.now()) ? 'active' : 'not valid now';
}

function groupsOf(user: User): string {
  return [...(user.admin ? ['(admin)'] : []), ...user.groups.map(({ name }) => name)].join(', ');
}
