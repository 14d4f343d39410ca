import { lookup, type LookupAddress } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Reachable from anywhere: not this machine, not a private network, not one of the ranges that lead back into one. */
export function isPublicAddress(address: string): boolean {
  return ipaddr.isValid(address) && ipaddr.process(address).range() === 'unicast';
}

export class PrivateAddress extends Error {
  override readonly name = 'PrivateAddress';
  constructor(host: string) {
    super(`${host} is not a public address`);
  }
}

/** @throws PrivateAddress when the URL's host is written as an address that is not public; a name is judged by `publicLookup` */
export function refusePrivateHost({ hostname }: URL): void {
  const host = hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) && !isPublicAddress(host)) throw new PrivateAddress(host);
}

/**
 * A look-up for `http.request` that answers public addresses only. The connection goes to the very address that was judged,
 * so a name cannot turn out to mean another one a moment later (ASVS 1.3.6).
 */
export const publicLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, '');
    if (!allPublic(addresses)) return callback(new PrivateAddress(hostname), '');
    if (options.all) return callback(null, addresses);
    return callback(null, addresses[0]!.address, addresses[0]!.family);
  });
};

function allPublic(addresses: LookupAddress[]): boolean {
  return addresses.length > 0 && addresses.every(({ address }) => isPublicAddress(address));
}
