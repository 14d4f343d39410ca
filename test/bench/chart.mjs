/** The chart of the README: session checks per second, and what a flood of logins does to them. */
import { servers } from './servers.mjs';

const width = 760;
const left = 270;
const bar = { height: 18, gap: 8 };

export function drawChart(results) {
  const checks = Object.entries(results.throughput?.check ?? {}).map(([name, { ratio }]) => ({
    name,
    value: ratio,
    text: `${Math.round(ratio * 100)} %`,
  }));
  const waits = Object.entries(results.flood ?? {}).map(([name, { p99 }]) => ({
    name,
    value: Math.log10(Math.max(p99, 1)) + 0.1,
    text: p99 < 1000 ? `${p99.toFixed(p99 < 10 ? 1 : 0)} ms` : `${(p99 / 1000).toFixed(1)} s`,
  }));
  const first = section('Session checks per second, bare node:http = 100 %', checks, 34);
  const second = section('p99 of a session check while 16 people log in (logarithmic)', waits, first.end + 40);
  const height = second.end + 16;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${alternative(checks, waits)}" font-family="system-ui, sans-serif" font-size="13">
<rect width="${width}" height="${height}" rx="8" fill="#fff"/>
${first.body}
${second.body}
</svg>
`;
}

function section(title, rows, top) {
  const most = Math.max(...rows.map(({ value }) => value));
  const lines = rows.map(({ name, value, text }, index) => {
    const y = top + 16 + index * (bar.height + bar.gap);
    const size = Math.max(2, (value / most) * (width - left - 90));
    const ours = name === 'gatehouse';
    return [
      `<text x="${left - 10}" y="${y + 13}" text-anchor="end" fill="#333"${ours ? ' font-weight="700"' : ''}>${escaped(servers[name].label)}</text>`,
      `<rect x="${left}" y="${y}" width="${size.toFixed(1)}" height="${bar.height}" rx="3" fill="${ours ? '#0a6e5c' : '#b6bcc4'}"/>`,
      `<text x="${(left + size + 8).toFixed(1)}" y="${y + 13}" fill="#333">${text}</text>`,
    ].join('\n');
  });
  const end = top + 16 + rows.length * (bar.height + bar.gap);
  return { end, body: [`<text x="16" y="${top}" font-weight="700" fill="#111">${title}</text>`, ...lines].join('\n') };
}

function alternative(checks, waits) {
  const say = (rows) => rows.map(({ name, text }) => `${servers[name].label} ${text}`).join(', ');
  return escaped(`Session checks: ${say(checks)}. Waiting during a flood of logins: ${say(waits)}.`);
}

function escaped(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
