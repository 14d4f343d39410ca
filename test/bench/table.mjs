/** The results as text for a terminal and, the same, for the README (Markdown tables are readable as they are). */
import { servers } from './servers.mjs';

export function printResults(results) {
  process.stdout.write(`\n${tablesOf(results)}\n`);
}

export function tablesOf(results) {
  const sections = [figures, throughput, logins, flood, memory, idle, scaling];
  return [aboutRun(results), ...sections.flatMap((section) => section(results))].join('\n\n');
}

function aboutRun({ taken, machine: { node, cores, cpu, pinned, generator } }) {
  const places = pinned ? 'server and load on a core each' : 'nothing pinned';
  return `Taken on ${taken}: Node ${node.slice(1)}, ${cores} cores of ${cpu.trim() || 'an unknown processor'}, ${generator}, ${places}.`;
}

function table(head, rows) {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column].length)));
  const line = (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rows.map(line)].join('\n');
}

const label = (name) => servers[name].label;
const number = (value, digits = 0) =>
  value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });

function throughput({ throughput: taken }) {
  if (!taken) return [];
  const cell = ({ ratio, cpu }) => `${ratio.toFixed(ratio < 0.1 ? 3 : 2)} (${cpu.toFixed(0)} µs)`;
  const { check, current, missing } = taken;
  const rows = Object.keys(check).map((name) => [
    label(name),
    number(check[name].perSecond),
    ...[check, current, missing].map((operation) => cell(operation[name])),
  ]);
  return [table(['server', 'checks/s', 'session check', 'current user', 'unknown path'], rows)];
}

function logins({ logins: taken, loginWork }) {
  const lines = [];
  if (taken) {
    const rows = Object.entries(taken.servers).map(([name, { login, wrong }]) => [
      label(name),
      number(login, 1),
      number(wrong, 1),
    ]);
    rows.push(['(bare hashes, the hasher in use)', number(taken.bareHashes, 1), '']);
    rows.push(['(bare hashes, native bcrypt)', number(taken.nativeHashes, 1), '']);
    lines.push(table(['bcrypt cost 10, all cores', 'logins/s', 'wrong passwords/s'], rows));
  }
  if (loginWork) lines.push(`Everything of a login but the hash: ${number(loginWork.cpu)} µs of one core.`);
  return lines;
}

function flood({ flood: taken }) {
  if (!taken) return [];
  const rows = Object.entries(taken).map(([name, { p50, p99, max, lost, logins: rate }]) => [
    label(name),
    ...[p50, p99, max].map((value) => number(value, 1)),
    String(lost),
    number(rate, 1),
  ]);
  return [table(['500 checks/s while 16 log in', 'p50 ms', 'p99 ms', 'worst ms', 'lost', 'logins/s'], rows)];
}

function memory({ memory: taken }) {
  if (!taken) return [];
  const rows = Object.entries(taken).map(([name, { idle, per10000 }]) => [
    label(name),
    number(idle),
    number(per10000, 1),
  ]);
  return [table(['memory', 'idle MB', 'MB per 10,000 sessions'], rows)];
}

function idle({ idle: taken }) {
  if (!taken) return [];
  const { connections, megabytes, milliseconds } = taken;
  return [
    `${number(connections)} idle connections: ${number(megabytes)} MB; a session check among them takes ${number(milliseconds, 1)} ms.`,
  ];
}

function scaling({ sessions }) {
  if (!sessions) return [];
  const rows = Object.entries(sessions).map(([store, { cpu, ratio }]) => [
    store,
    ...cpu.map((value) => number(value, 1)),
    ratio.toFixed(2),
  ]);
  const heads = Object.values(sessions)[0].counts.map((count) => `${number(count)} sessions`);
  return [table(['µs of CPU a check', ...heads, 'ratio'], rows)];
}

function figures({ figures: taken }) {
  if (!taken?.length) return [];
  const rows = taken.map(({ what, reached, asked, holds }) => [what, reached, asked, holds ? 'holds' : 'MISSED']);
  return [table(['figure', 'reached', 'asked', ''], rows)];
}
