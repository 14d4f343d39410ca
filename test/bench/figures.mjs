/** The figures this server promises, and whether a run reached them. */

/** What noise may take from a figure before the gate closes. */
export const margin = 'less 12 %';
const slack = 0.12;

const two = (value) => value.toFixed(2);
const ms = (value) => `${value.toFixed(value < 10 ? 1 : 0)} ms`;
const mb = (value) => `${value.toFixed(value < 10 ? 1 : 0)} MB`;
const count = (value) => value.toLocaleString('en');
const sizes = ([few, many]) => `${count(many)} sessions beside ${count(few)}`;
const scaledFrom = (sessions) => (sessions === 10_000 ? '' : `, counted from ${count(sessions)}`);
const times = (value) => `${value.toFixed(value < 2 ? 2 : value < 10 ? 1 : 0)} ×`;

/** `least`: the value must be that much; `most`: at most. Absolute times have a wider margin on a busy machine. */
const promises = [
  ratio('session check beside bare node:http', 'check', 0.6),
  against('session check beside fastify + @fastify/session', 'fastify-session', 2.4),
  against('session check beside better-auth (memory)', 'better-auth', 30),
  ratio('current user (28 keys, auth) beside bare node:http', 'current', 0.6),
  ratio('unknown path beside bare node:http', 'missing', 0.7),
  {
    what: 'CPU of a check with Basic authentication beside one with a cookie',
    most: 1.1,
    show: two,
    value: ({ basic }) => basic?.ratio,
  },
  {
    what: 'everything of a login but the hash, a second and core',
    least: 10_000,
    show: (value) => Math.round(value).toLocaleString('en'),
    value: ({ loginWork }) => loginWork?.perSecond,
  },
  {
    what: 'logins a second beside the bare hash rate, bcrypt cost 10',
    least: 0.95,
    show: two,
    value: ({ logins }) => logins?.share,
  },
  {
    what: 'logins a second beside express + passport + native bcrypt',
    least: 1,
    show: times,
    value: ({ logins }) => logins?.besideNative,
  },
  {
    what: 'session check, p99 while 16 logins are in flight',
    most: 10,
    show: ms,
    value: ({ flood }) => flood?.gatehouse.p99,
  },
  {
    what: 'session checks lost meanwhile',
    most: 0,
    show: String,
    value: ({ flood }) => flood?.gatehouse.lost,
  },
  { what: 'CPU of a request, 10,000 routes beside 10', most: 1.05, show: two, value: ({ routes }) => routes?.ratio },
  ...['SQLite', 'PostgreSQL', 'MariaDB', 'Redis'].map((store) => ({
    what: ({ sessions }) => `CPU of a check, ${sizes(sessions[store].counts)}, ${store}`,
    most: 1.1,
    show: two,
    value: ({ sessions }) => sessions?.[store]?.ratio,
  })),
  { what: 'memory, idle', most: 90, show: mb, value: ({ memory }) => memory?.gatehouse.idle },
  {
    what: ({ memory }) => `memory of 10,000 live sessions${scaledFrom(memory.gatehouse.sessions)}`,
    most: 2,
    show: mb,
    value: ({ memory }) => memory?.gatehouse.per10000,
  },
  { what: 'start to first answer, empty database', most: 700, show: ms, value: ({ startup }) => startup?.empty },
  {
    what: ({ startup }) => `start to first answer, ${count(startup.users)} users`,
    most: 900,
    show: ms,
    value: ({ startup }) => startup?.full,
  },
  { what: 'production install', most: 60, show: mb, value: ({ install }) => install?.megabytes },
  { what: 'production install, packages', most: 130, show: String, value: ({ install }) => install?.packages },
];

function ratio(what, operation, least) {
  return { what, least, show: two, value: ({ throughput }) => throughput?.[operation].gatehouse.ratio };
}

function against(what, peer, least) {
  const value = ({ throughput }) => {
    const row = throughput?.check;
    return row?.[peer] && row.gatehouse.perSecond / row[peer].perSecond;
  };
  return { what, least, show: times, value };
}

/** Those that were measured. `holdsWithin`: with the margin. */
export function figuresOf(results) {
  return promises.flatMap(({ what, least, most, show, value }) => {
    const reached = value(results);
    if (reached === undefined || Number.isNaN(reached)) return [];
    const holds = least === undefined ? reached <= most : reached >= least;
    const holdsWithin = least === undefined ? reached <= most * (1 + slack) : reached >= least * (1 - slack);
    const asked = least === undefined ? `≤ ${show(most)}` : `≥ ${show(least)}`;
    const named = typeof what === 'function' ? what(results) : what;
    return [{ what: named, reached: show(reached), asked, holds, holdsWithin }];
  });
}
