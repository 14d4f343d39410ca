import type { IncomingMessage } from 'node:http';
import ipaddr from 'ipaddr.js';

export { networkKey as throttleKey } from '../lib/network-key.js';

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Network = [Address, number];

/**
 * Answers the address a request may be believed to come from: the socket's, or, behind trusted proxies, the right-most
 * untrusted entry of `X-Forwarded-For` (or `Forwarded`, RFC 7239). Everything left of that entry was written by the client.
 * @param trustedProxies CIDR list or single addresses
 * @param ignored told of each request with a forwarding header of an untrusted peer
 */
export function createAddressResolver(trustedProxies: string[], ignored: (peer: string) => void) {
  const trusted = inNetworks(trustedProxies);

  return function clientAddress(request: IncomingMessage): string {
    const remote = request.socket.remoteAddress ?? '';
    const entries = forwardedEntries(request);
    if (!entries) return remote.startsWith('::ffff:') ? remote.slice(7) : remote;
    const peer = parseAddress(remote);
    if (!peer) return 'unknown';
    if (trusted(peer)) return rightMostUntrusted(entries, peer, trusted).toString();
    ignored(peer.toString());
    return peer.toString();
  };
}

/** Whether the other end of the socket is one of the trusted proxies, whose headers may be believed. */
export function createPeerTrust(trustedProxies: string[]): (request: IncomingMessage) => boolean {
  const trusted = inNetworks(trustedProxies);
  return ({ socket }) => {
    const peer = parseAddress(socket.remoteAddress ?? '');
    return peer !== undefined && trusted(peer);
  };
}

function inNetworks(list: string[]): (address: Address) => boolean {
  const networks = list.map(parseNetwork);
  return (address) => networks.some((network) => contains(network, address));
}

/** `10.0.0.0/8` or `10.0.0.1`; throws on anything else. */
export function parseNetwork(text: string): Network {
  if (text.includes('/')) return ipaddr.parseCIDR(text);
  const address = ipaddr.process(text);
  return [address, address.kind() === 'ipv4' ? 32 : 128];
}

function contains([network, bits]: Network, address: Address): boolean {
  if (network.kind() !== address.kind()) return false;
  return address.match(network as never, bits);
}

/** An address without port, brackets or zone; `::ffff:1.2.3.4` becomes `1.2.3.4`. */
function parseAddress(text: string): Address | undefined {
  const bare = text
    .trim()
    .replace(/^"(.*)"$/, '$1')
    .replace(/^\[([^\]]*)\](:\d+)?$/, '$1');
  const address = bare.replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1').replace(/%.*$/, '');
  if (!address.includes(':') && !ipaddr.IPv4.isValidFourPartDecimal(address)) return undefined;
  return ipaddr.isValid(address) ? ipaddr.process(address) : undefined;
}

function forwardedEntries(request: IncomingMessage): string[] | undefined {
  const list = request.headers['x-forwarded-for'];
  if (list !== undefined) return String(list).split(',');
  const standard = request.headers.forwarded;
  if (standard === undefined) return undefined;
  return standard.split(',').map((element) => /(?:^|;)\s*for=("[^"]*"|[^;,]*)/i.exec(element)?.[1] ?? '');
}

/** Walks from the nearest hop outwards; an entry that is no address ends the walk at the hop that reported it. */
function rightMostUntrusted(entries: string[], peer: Address, trusted: (address: Address) => boolean): Address {
  let believed = peer;
  for (const entry of entries.toReversed()) {
    const address = parseAddress(entry);
    if (!address) return believed;
    believed = address;
    if (!trusted(address)) return believed;
  }
  return believed;
}
