import ipaddr from 'ipaddr.js';
import { ok, problem, warning, type Examination, type Finding } from './finding.js';

/** Whether forwarded addresses are believed from the right ones. */
export const examineProxies: Examination = async ({ settings, around }) => {
  const { publicUrl, http } = settings;
  const findings = [...http.trustedProxies.flatMap(tooWide), ...ignored((await around).metrics)];
  // this server speaks plain HTTP: whoever sees https sees a proxy
  if (publicUrl.startsWith('https:') && http.trustedProxies.length === 0) findings.push(nobodyTrusted);
  if (findings.length > 0) return findings;
  const who = http.trustedProxies.join(', ');
  return [ok(who ? `X-Forwarded-For is believed from ${who}.` : 'No proxy is believed; none is needed.')];
};

const nobodyTrusted = problem(
  'PUBLIC_URL is https, so there is a proxy, but http.trustedProxies names none: everybody seems to come from the proxy and shares one throttle.',
  'Set http.trustedProxies, for example [127.0.0.1, ::1] for a proxy on this machine.',
);

function tooWide(network: string): Finding[] {
  const [address, bits] = network.includes('/') ? ipaddr.parseCIDR(network) : [undefined, 128];
  if (!address) return [];
  if (bits === 0)
    return [
      problem(
        `http.trustedProxies has ${network}: every client can invent its address and escape throttles and blocks.`,
        'Name only your proxies.',
      ),
    ];
  const isPublic = address.range() === 'unicast';
  if (!isPublic || bits >= (address.kind() === 'ipv4' ? 24 : 48)) return [];
  return [
    warning(
      `http.trustedProxies has ${network}, a large network of the Internet: whoever is in it can invent addresses.`,
      'Name only your proxies.',
    ),
  ];
}

function ignored(metrics: string): Finding[] {
  const count = Number(/^gatehouse_forwarding_ignored_total (\d+)/m.exec(metrics)?.[1] ?? 0);
  if (count === 0) return [];
  return [
    problem(
      `${count} request${count === 1 ? '' : 's'} came with X-Forwarded-For from somebody who is not in http.trustedProxies, and it was not believed.`,
      'If that was your proxy (the log names it), add it.',
    ),
  ];
}
