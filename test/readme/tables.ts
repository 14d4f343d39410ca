import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createProgram } from '../../src/cli/program.js';
import { settingsTable } from '../../src/config/table.js';
import { typo3 } from '../../src/dialects/typo3/index.js';
import { handlers } from '../../src/handlers/index.js';
import { middleware } from '../../src/middleware/index.js';
import { words } from '../../src/dialects/typo3/words.js';
import { whenRefused, type Reason } from '../../src/errors.js';
import type { Command } from 'commander';
import { openOnes, scores } from '../asvs/requirements.js';
import { tablesOf } from '../bench/table.mjs';

/** The README's tables, made from the code and from the list of requirements. */
export function readmeTables(): Record<string, string> {
  return {
    handlers: markdown(
      ['handler', 'does'],
      [...handlers.values()].map(({ name, description }) => [code(name), description]),
    ),
    middleware: markdown(
      ['middleware', 'does', 'refuses with'],
      [...middleware.values()].map(({ name, parameters, description, refusals }) => [
        code(parameters ? `${name}:${parameters}` : name),
        description,
        refusals.map(({ reason, status }) => `${status} ${textOf(reason)}`).join(', '),
      ]),
    ),
    refusals: markdown(
      ['status', 'body', 'when'],
      Object.entries(words).map(([reason, entry]) => [
        String(entry.status),
        code(bodyOf(reason as keyof typeof words)),
        whenRefused[reason as Reason],
      ]),
    ),
    settings: markdown(
      ['setting', 'default', 'meaning'],
      settingsTable().map(({ name, default: value, comment }) => [code(name), code(value), comment]),
    ),
    asvs: markdown(
      ['level', 'tested', 'documented', 'not applicable', 'open'],
      scores().map(({ level, counts }) => [level, ...counts.map(String)]),
    ),
    asvsOpen: markdown(
      ['open', 'level', 'requirement', 'how it is'],
      openOnes().map(({ id, level, text, reason }) => [id, String(level), text, reason]),
    ),
    measured: measured(),
    scale: scale(),
    growth: growth(),
    commands: markdown(
      ['command', 'does'],
      leaves(createProgram()).map((command) => [code(usageOf(command)), command.description()]),
    ),
  };
}

const results = fileURLToPath(new URL('../bench/results.json', import.meta.url));

/** What the last whole run of `npm run bench` wrote down. */
function measured(): string {
  if (!existsSync(results)) return 'No table is published yet: it needs a run on a quiet machine.';
  const tables = tablesOf(JSON.parse(readFileSync(results, 'utf8')) as object);
  return `![Session checks beside those of others, and what a flood of logins does to them](test/bench/results.svg)\n\n${tables}`;
}

interface Scale {
  taken: string;
  redis: { memory: { perSecond: number }; redis: { perSecond: number } };
  processes: Record<string, { perSecond: number; share: number; times: number }>;
}

const whole = (value: number): string => Math.round(value).toLocaleString('en');

/** What `npm run bench -- --scale` wrote down. */
function scale(): string {
  const { taken, redis, processes } = inBench('scale.json') as Scale;
  const rows = Object.entries(processes).map(([count, { perSecond, times }]) => [
    count,
    whole(perSecond),
    `× ${times.toFixed(2)}`,
  ]);
  const share = processes['1']!.share * 100;
  const head = ['processes', `checks/s, ${share} % of a core each`, 'as a multiple of one'];
  const alone = `${whole(redis.memory.perSecond)} checks/s without Redis, ${whole(redis.redis.perSecond)} with it`;
  return `${markdown(head, rows)}\n\nOne process with a core of its own: ${alone} (${taken}).`;
}

interface Growing {
  few: number;
  lots: number;
}

/** A store's, or of the bare Map the CPU only. */
interface Growth {
  same?: Record<'cpu', Growing>;
  all: { cpu: Growing; wall?: Growing };
  alone?: Record<'wall', Growing>;
  sweeping?: { ms: number; during: { median: number; longest: number } };
}

/** What `test/bench/stores/growth.ts` wrote down. */
function growth(): string {
  const both = (cost: Growing | undefined, digits = 1) =>
    cost ? `${cost.few.toFixed(digits)} → ${cost.lots.toFixed(digits)} µs` : '';
  const rows = Object.entries(inBench('stores/growth.json') as Record<string, Growth>).map(
    ([store, { same, all, alone, sweeping }]) => [
      store,
      both(same?.cpu),
      both(all.cpu),
      both(all.wall),
      both(alone?.wall, 0),
      sweeping ? `${(sweeping.ms / 1000).toFixed(1)} s` : '',
      sweeping ? `${sweeping.during.longest.toFixed(1)} ms` : '',
    ],
  );
  const head = ['store', 'CPU, the same 1,000 people', 'CPU, anybody', 'until the answer, anybody', 'one by one'];
  return markdown([...head, 'sweep of 100,000', 'longest look-up meanwhile'], rows);
}

function inBench(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../bench/${name}`, import.meta.url), 'utf8'));
}

function markdown(head: string[], rows: string[][]): string {
  const line = (cells: string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function code(text: string): string {
  return text === '' ? '' : `\`${text}\``;
}

function textOf(reason: keyof typeof words): string {
  const entry = words[reason];
  return 'text' in entry && typeof entry.text === 'string' ? entry.text : '';
}

/** The body as a client would read it, from the dialect itself. */
function bodyOf(reason: keyof typeof words): string {
  const entry = words[reason];
  if ('fields' in entry)
    return JSON.stringify({ errors: entry.fields({ problems: [{ field: '<field>', code: 'required' }] }) });
  return JSON.stringify({ error: typeof entry.text === 'string' ? entry.text : '<text>' });
}

function leaves(command: Command): Command[] {
  return command.commands.length ? command.commands.flatMap(leaves) : [command];
}

function usageOf(command: Command): string {
  const names: string[] = [];
  for (let at: Command | null = command; at; at = at.parent) names.unshift(at.name());
  const places = command.registeredArguments.map(
    (argument) => argument.name().toUpperCase() + (argument.variadic ? '…' : ''),
  );
  return [...names, ...places].join(' ');
}

export const dialectNames = [typo3.name];
