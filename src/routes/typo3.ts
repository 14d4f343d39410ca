import { didYouMean } from '../lib/suggest.js';
import type { Settings } from '../config/settings.js';
import type { Renames } from './written.js';
import { isMapping, textAt } from './written.js';

/** Symfony's words for a route. Those that say nothing to us change nothing: the file loads as it is. */
export const symfonyWords = [
  'path',
  'controller',
  'methods',
  'schemes',
  'host',
  'requirements',
  'defaults',
  'options',
  'condition',
  'format',
  'locale',
  'utf8',
  'stateless',
  'deprecated',
  'alias',
  'priority',
  'env',
] as const;

const onlySymfony = [
  'controller',
  'options',
  'format',
  'condition',
  'locale',
  'utf8',
  'stateless',
  'alias',
  'deprecated',
];

/** Symfony's files name no handler of ours. */
export function isSymfonyEntry(keys: Record<string, unknown>): boolean {
  if (Object.hasOwn(keys, 'handler')) return false;
  return onlySymfony.some((word) => Object.hasOwn(keys, word)) || controllerInDefaults(keys) !== undefined;
}

export interface Translated {
  keys: Record<string, unknown>;
  renames: Renames;
  mistakes: { pointer: string; message: string }[];
}

/** A Symfony entry in our words (contract routes-yaml, section 2). */
export function translateEntry(keys: Record<string, unknown>, settings: Settings['routes']): Translated {
  const { controller, options, format, condition, defaults, ...rest } = keys;
  const ours: Record<string, unknown> = {};
  const renames: Renames = {};
  const mistakes: Translated['mistakes'] = [];
  for (const word of ['path', 'methods', 'schemes', 'host', 'requirements', 'enabled', 'description', 'dialect']) {
    if (Object.hasOwn(rest, word)) ours[word] = rest[word];
  }
  if (isMapping(defaults)) ours['defaults'] = withoutInternals(defaults, textAt(rest, 'path'));
  const word = controller ?? controllerInDefaults(keys);
  if (word !== undefined) {
    renames['handler'] = controller === undefined ? 'defaults/_controller' : 'controller';
    ours['handler'] = typeof word === 'string' ? handlerFor(word, settings) : word;
  }
  if (isMapping(options) && options['middleware'] !== undefined && options['middleware'] !== null) {
    renames['middleware'] = 'options/middleware';
    ours['middleware'] = options['middleware'];
  }
  if (format !== undefined) renames['formats'] = 'format';
  if (format !== undefined) ours['formats'] = format;
  if (condition !== undefined) {
    mistakes.push({
      pointer: 'condition',
      message:
        'conditions are expressions of PHP and cannot be evaluated here; use "host", "schemes", "requirements" or a middleware',
    });
  }
  return { keys: ours, renames, mistakes };
}

function controllerInDefaults({ defaults }: Record<string, unknown>): unknown {
  return isMapping(defaults) ? defaults['_controller'] : undefined;
}

/** `_controller`, `_format` … speak to Symfony, unless the path has a parameter of that name. */
function withoutInternals(defaults: Record<string, unknown>, path: string): Record<string, unknown> {
  const kept = Object.entries(defaults).filter(([name]) => !name.startsWith('_') || path.includes(`{${name}`));
  return Object.fromEntries(kept);
}

const user = ['current', 'authenticated', 'simulateLogin', 'terminateFrontendSession', 'createOneTimeAccount'] as const;
const userHandlers: Record<(typeof user)[number], string> = {
  current: 'current-user',
  authenticated: 'authenticated',
  simulateLogin: 'simulate',
  terminateFrontendSession: 'terminate',
  createOneTimeAccount: 'one-time-account',
};

/** EXT:login was renamed to EXT:flogin; files of both are around. */
const vendors = ['LMS\\Flogin', 'LMS\\Login'];

const controllers: ReadonlyMap<string, string> = new Map([
  ...vendors.flatMap((vendor): [string, string][] => [
    ...user.map((action): [string, string] => [
      `${vendor}\\Controller\\UserApiController::${action}`,
      userHandlers[action],
    ]),
    ...user.map((action): [string, string] => [
      `${vendor}\\Controller\\Api\\UserApiController::${action}`,
      userHandlers[action],
    ]),
    [`${vendor}\\Controller\\Api\\LoginApiController::auth`, 'login'],
    [`${vendor}\\Controller\\Api\\LoginApiController::logout`, 'logout'],
    [`${vendor}\\Controller\\Api\\MagicLinkApiController::sendMagicLinkEmail`, 'magic-link'],
    [`${vendor}\\Controller\\Api\\ForgotPasswordApiController::sendResetLinkEmail`, 'reset-password-link'],
  ]),
  ['LMS\\Routes\\Controller\\ManagementController::ping', 'ping'],
]);

const middleware: ReadonlyMap<string, string> = new Map([
  ['LMS\\Routes\\Middleware\\Api\\Authenticate', 'authenticate'],
  ['LMS\\Routes\\Middleware\\Api\\VerifyCsrfToken', 'csrf'],
  ['LMS\\Routes\\Middleware\\Api\\Throttle', 'throttle'],
  ['LMS\\Routes\\Middleware\\Api\\VerifyAdminBackendSession', 'admin'],
  ['LMS\\Routes\\Middleware\\Api\\VerifyGroup', 'group'],
  ['LMS\\Routes\\Middleware\\Api\\VerifyUser', 'owner'],
  ...vendors.map((vendor): [string, string] => [
    `${vendor}\\Middleware\\Api\\VerifyAccountCreationHash`,
    'account-hash',
  ]),
]);

function handlerFor(word: string, settings: Settings['routes']): string {
  const name = withoutLeading(word);
  return settings.controllers[name] ?? controllers.get(name) ?? word;
}

/** The name of ours for a class of EXT:routes or of the configuration; other words stay. */
export function middlewareFor(word: string, settings: Settings['routes']): string {
  const name = withoutLeading(word);
  return settings.middleware[name] ?? middleware.get(name) ?? word;
}

export function isClassName(word: string): boolean {
  return word.includes('\\');
}

export function unknownClass(kind: 'controller' | 'middleware', word: string, settings: Settings['routes']): string {
  const [known, setting] = kind === 'controller' ? [controllers, 'controllers'] : [middleware, 'middleware'];
  const declared = settings[setting as 'controllers' | 'middleware'];
  const hint = didYouMean(word, [...known.keys(), ...Object.keys(declared)]);
  return `no ${kind === 'controller' ? 'handler' : 'middleware'} is known for the class "${word}"${hint || `; name one in the configuration, routes.${setting}`}`;
}

function withoutLeading(word: string): string {
  return word.replace(/^\\/, '');
}

/** A requirement as PHP reads it: anchors at its ends are already there, possessive repetitions only save time. */
export function translateRegex(source: string): string {
  return source
    .replace(/^(\^|\\A)/, '')
    .replace(/(?<!\\)(?:\\\\)*(\$|\\z|\\Z)$/, (end) => end.replace(/(\$|\\z|\\Z)$/, ''))
    .replace(/(?<=(?<!\\)(?:\\\\)*[*+?}])\+/g, '');
}
