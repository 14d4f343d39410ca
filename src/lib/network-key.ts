import ipaddr from 'ipaddr.js';

/** The key under which an address is counted: IPv4 whole, IPv6 by /64, because one customer owns at least that much. */
export function networkKey(address: string): string {
  if (!address.includes(':')) return address;
  const bare = address.replace(/%.*$/, '');
  const parsed = ipaddr.isValid(bare) ? ipaddr.process(bare) : undefined;
  if (!(parsed instanceof ipaddr.IPv6)) return parsed?.toString() ?? address;
  const network = parsed.parts.slice(0, 4).map((part) => part.toString(16));
  return `${network.join(':')}::/64`;
}
