/** The settings after reading, merging and checking `config/*.yaml`: what the rest of the program may rely on. */
export interface Settings {
  /** `NODE_ENV=production` */
  production: boolean;
  /** as the world sees the server, without a trailing slash */
  publicUrl: string;
  dataDir: string;
  databaseUrl: string;
  redisUrl: string;
  smtpUrl: string;
  routesFile: string;
  /** keys for tokens, first signs, all verify; '' = generated once into the data folder */
  secret: string;
  http: {
    host: string;
    port: number;
    trustedProxies: string[];
    /** bytes */
    bodyLimit: number;
    /** bytes, all request headers together */
    headerLimit: number;
    requestTimeoutSeconds: number;
    headersTimeoutSeconds: number;
    keepAliveSeconds: number;
    /** processes that serve; 0 = one for each core */
    workers: number;
    /** graceful stop: seconds for requests in flight */
    drainSeconds: number;
    /** path prefix → dialect that answers where no route matched */
    fallbackDialects: Record<string, string>;
    /** seconds of Strict-Transport-Security; sent when publicUrl is https */
    hstsSeconds: number;
  };
  log: { level: string; file: string };
  cors: { origins: string[]; credentials: boolean };
  redirects: {
    afterLogin: string;
    afterLogout: string;
    afterUnlocked: string;
    afterForgotPasswordNotificationSent: string;
    afterResetPasswordFormSubmitted: string;
    afterMagicLinkNotificationSent: string;
    alreadyAuthenticated: string;
    loginPage: string;
    forgotPasswordPage: string;
    error: {
      whenTokenNotFound: string;
      whenTokenExpired: string;
      whenLocked: string;
      whenOneTimeAccountHashNotFound: string;
    };
    origins: string[];
    allowReturnTo: boolean;
  };
  session: {
    cookie: { name: string; sameSite: 'lax' | 'strict' | 'none'; domain: string };
    idleMinutes: number;
    absoluteHours: number;
    rememberIdleDays: number;
    rememberAbsoluteDays: number;
    /** seconds between two writes of a session's activity */
    touchSeconds: number;
    /** 0 = any number; else the oldest ends when a user logs in once more */
    maxPerUser: number;
    /** minutes for which a proven password lets somebody do what `fresh` guards */
    freshMinutes: number;
  };
  csrf: { cookie: boolean; require: 'origin' | 'token' };
  accounts: { conceal: boolean; loginByEmail: boolean; registration: { approval: boolean } };
  lockout: { attempts: number; minutes: number };
  password: {
    cost: number;
    minLength: number;
    contextWords: string[];
    /** verifications that may wait; more are answered 503 */
    queue: number;
    /** 0 = cores less one, at least one */
    workers: number;
  };
  links: {
    magicMinutes: number;
    resetMinutes: number;
    unlockMinutes: number;
    verifyHours: number;
    /** a magic link only works in the browser that asked for it */
    bindMagicToBrowser: boolean;
  };
  mail: { from: string; login: boolean; templates: string; language: string; siteAddress: string };
  /** name of the site on its pages; folder of own templates and texts, '' = the shipped ones */
  pages: { name: string; templates: string };
  oneTimeAccounts: { minutes: number; linkHours: number };
  audit: { keep: number };
  webhooks: { url: string; secret: string; events: string[] }[];
  webhookOptions: { allowPrivateAddresses: boolean };
  drupal: {
    register: 'visitors' | 'visitors_admin_approval' | 'admin_only';
    verifyMail: boolean;
    flood: { ipLimit: number; ipWindow: number; userLimit: number; userWindow: number; uidOnly: boolean };
  };
  /** role (group) name → permissions; `anonymous` and `authenticated` exist implicitly */
  roles: Record<string, string[]>;
  routes: {
    controllers: Record<string, string>;
    middleware: Record<string, string>;
    /** name (`tx_…`) → users and groups that pass `group` and `owner` */
    extensions: Record<string, { adminUsers: string[]; adminGroups: string[] }>;
    /** authentication providers where a route says nothing */
    authentication: string[];
    /** dialect where a route says nothing */
    dialect: string;
    /** hosts a `proxy` may reach; empty = those written in routes.yaml */
    proxyHosts: string[];
    /** milliseconds a route file must be quiet before it is read again */
    settleMs: number;
  };
  metrics: { enabled: boolean; token: string };
  docs: { enabled: boolean };
  database: {
    poolSize: number;
    statementTimeoutMs: number;
    connectTimeoutMs: number;
    waitSeconds: number;
    tls: 'url' | 'verify' | 'off';
  };
  redis: { prefix: string };
}
