import type { Settings } from './settings.js';

/** One setting's JSON Schema; `description` says what it must be, in the words of the message. */
export class Leaf {
  constructor(readonly schema: Record<string, unknown>) {}
}

type Written = Omit<Settings, 'production'>;

/** Mirrors `Settings`: a setting without a rule, or a rule without a setting, does not compile. */
type Shape<T> = {
  [K in keyof T]: T[K] extends string | number | boolean | readonly unknown[]
    ? Leaf
    : string extends keyof T[K]
      ? Leaf
      : Shape<T[K]>;
};

const text = (extra: Record<string, unknown> = {}) => new Leaf({ type: 'string', description: 'text', ...extra });
const word = (pattern: string, description: string) => text({ pattern, description });
const flag = () => new Leaf({ type: 'boolean', description: 'true or false' });
const choice = (...values: string[]) => text({ enum: values, description: `one of ${values.join(', ')}` });
const list = (of: Leaf = text()) => new Leaf({ type: 'array', items: of.schema, description: 'a list' });
const optionalList = () => new Leaf({ ...list().schema, default: [] });
const table = (of: Leaf) => new Leaf({ type: 'object', additionalProperties: of.schema, description: 'a mapping' });

function whole(minimum: number, maximum = 2_147_483_647): Leaf {
  const description =
    maximum === 2_147_483_647 ? `a whole number from ${minimum}` : `a whole number from ${minimum} to ${maximum}`;
  return new Leaf({ type: 'integer', minimum, maximum, description });
}

function record(fields: Record<string, Leaf>, required = Object.keys(fields)): Leaf {
  const properties = Object.fromEntries(Object.entries(fields).map(([name, leaf]) => [name, leaf.schema]));
  const description = `a mapping with ${Object.keys(fields).join(', ')}`;
  return new Leaf({ type: 'object', properties, required, additionalProperties: false, description });
}

export const shape = {
  publicUrl: text(),
  dataDir: word('\\S', 'the path of a folder'),
  databaseUrl: word(
    '^$|^(sqlite|postgres|postgresql|mysql|mariadb):\\S+$',
    'sqlite:<file>, sqlite::memory:, postgres://… or mysql://…',
  ),
  redisUrl: word(
    '^$|^rediss?(\\+(sentinel|cluster))?://\\S+$',
    'redis://…, redis+sentinel://… or redis+cluster://…, or the same with rediss',
  ),
  smtpUrl: word('^$|^smtps?://\\S+$', 'smtp://… or smtps://…'),
  routesFile: word('\\S', 'the path of a file'),
  secret: text(),
  http: {
    host: word('^\\S+$', 'an address or a host name'),
    port: whole(0, 65_535),
    trustedProxies: list(),
    bodyLimit: whole(1024, 1_073_741_824),
    headerLimit: whole(2048, 1_048_576),
    requestTimeoutSeconds: whole(1, 86_400),
    headersTimeoutSeconds: whole(1, 86_400),
    keepAliveSeconds: whole(0, 86_400),
    workers: whole(0, 1024),
    drainSeconds: whole(0, 3600),
    fallbackDialects: table(word('^\\S+$', 'the name of a dialect')),
    hstsSeconds: whole(0),
  },
  log: { level: choice('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'), file: text() },
  cors: { origins: list(), credentials: flag() },
  redirects: {
    afterLogin: text(),
    afterLogout: text(),
    afterUnlocked: text(),
    afterForgotPasswordNotificationSent: text(),
    afterResetPasswordFormSubmitted: text(),
    afterMagicLinkNotificationSent: text(),
    alreadyAuthenticated: text(),
    loginPage: text(),
    forgotPasswordPage: text(),
    error: {
      whenTokenNotFound: text(),
      whenTokenExpired: text(),
      whenLocked: text(),
      whenOneTimeAccountHashNotFound: text(),
    },
    origins: list(),
    allowReturnTo: flag(),
  },
  session: {
    cookie: {
      name: word("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$", "a cookie name: letters, digits and !#$%&'*+.^_`|~-"),
      sameSite: choice('lax', 'strict', 'none'),
      domain: word('^$|^[A-Za-z0-9.-]+$', 'a domain such as example.org'),
    },
    idleMinutes: whole(1, 525_600),
    absoluteHours: whole(1, 87_600),
    rememberIdleDays: whole(1, 3650),
    rememberAbsoluteDays: whole(1, 3650),
    touchSeconds: whole(0, 86_400),
    maxPerUser: whole(0, 100_000),
    freshMinutes: whole(1, 525_600),
  },
  csrf: { cookie: flag(), require: choice('origin', 'token') },
  accounts: { conceal: flag(), loginByEmail: flag(), registration: { approval: flag() } },
  lockout: { attempts: whole(1, 1_000_000), minutes: whole(1, 525_600) },
  password: {
    cost: whole(4, 16),
    minLength: whole(1, 1024),
    contextWords: list(),
    queue: whole(1, 1_000_000),
    workers: whole(0, 1024),
  },
  links: {
    magicMinutes: whole(1, 10_080),
    resetMinutes: whole(1, 10_080),
    unlockMinutes: whole(1, 10_080),
    verifyHours: whole(1, 8760),
    bindMagicToBrowser: flag(),
  },
  mail: {
    from: text(),
    login: flag(),
    templates: text(),
    language: word('^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$', 'a language such as en or de'),
    siteAddress: text(),
  },
  pages: { name: word('\\S', 'a name'), templates: text() },
  oneTimeAccounts: { minutes: whole(1, 525_600), linkHours: whole(1, 8760) },
  audit: { keep: whole(0) },
  webhooks: list(record({ url: text(), secret: text(), events: optionalList() }, ['url', 'secret'])),
  webhookOptions: { allowPrivateAddresses: flag() },
  drupal: {
    register: choice('visitors', 'visitors_admin_approval', 'admin_only'),
    verifyMail: flag(),
    flood: {
      ipLimit: whole(1, 1_000_000),
      ipWindow: whole(1, 31_536_000),
      userLimit: whole(1, 1_000_000),
      userWindow: whole(1, 31_536_000),
      uidOnly: flag(),
    },
  },
  roles: table(list()),
  routes: {
    controllers: table(text()),
    middleware: table(text()),
    extensions: table(record({ adminUsers: optionalList(), adminGroups: optionalList() }, [])),
    authentication: list(),
    dialect: word('^\\S+$', 'the name of a dialect'),
    proxyHosts: list(),
    settleMs: whole(0, 60_000),
  },
  metrics: { enabled: flag(), token: text() },
  docs: { enabled: flag() },
  database: {
    poolSize: whole(1, 10_000),
    statementTimeoutMs: whole(100, 3_600_000),
    connectTimeoutMs: whole(100, 600_000),
    waitSeconds: whole(0, 3600),
    tls: choice('url', 'verify', 'off'),
  },
  redis: { prefix: text() },
} satisfies Shape<Written>;

/** Settings whose value no message may show. */
export const secretPointers = /^\/(secret|databaseUrl|redisUrl|smtpUrl|metrics\/token|webhooks\/\d+\/secret)$/;

export const settingsSchema = schemaOf(shape);

/** Every setting by its pointer, `/session/cookie/name` → its rule. */
export const leaves: ReadonlyMap<string, Leaf> = new Map(walk(shape, ''));

interface Branch {
  [name: string]: Leaf | Branch;
}

function schemaOf(part: Branch | Leaf): Record<string, unknown> {
  if (part instanceof Leaf) return part.schema;
  const properties = Object.fromEntries(Object.entries(part).map(([name, below]) => [name, schemaOf(below)]));
  const required = Object.keys(properties);
  return { type: 'object', properties, required, additionalProperties: false, description: 'a mapping' };
}

function* walk(part: Branch | Leaf, pointer: string): Generator<[string, Leaf]> {
  if (part instanceof Leaf) yield [pointer, part];
  else for (const [name, below] of Object.entries(part)) yield* walk(below, `${pointer}/${name}`);
}
