const levels: Record<number, string> = { 10: 'trace', 20: 'debug', 30: 'info', 40: 'warn', 50: 'error', 60: 'fatal' };

/** A line of the log for somebody who sits before it: `12:00:01 info  request GET /api/ping 200, 0.4 ms, address=::1`. */
export function readable(line: string): string {
  const { level, time, msg, err, method, path, status, ms, ...rest } = JSON.parse(line) as Record<string, unknown>;
  const head = `${new Date(time as number).toTimeString().slice(0, 8)} ${levels[level as number]?.padEnd(5)} ${String(msg)}`;
  const request = method === undefined ? '' : ` ${String(method)} ${String(path)} ${String(status)}, ${String(ms)} ms`;
  const facts = Object.entries(rest).map(([name, value]) => `, ${name}=${factText(value)}`);
  const stack = (err as { stack?: string } | undefined)?.stack;
  return `${harmless(head + request + facts.join(''))}\n${stack ? `${stack.split('\n').map(harmless).join('\n')}\n` : ''}`;
}

function factText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** What clients send must not act on the terminal. */
function harmless(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ');
}
