import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { IncomingMessage } from 'node:http';
import { createAddressResolver, throttleKey } from '../../src/http/client-address.js';

function resolve(
  peer: string,
  headers: Record<string, string>,
  trusted: string[],
  warn = (_peer: string): void => {},
): string {
  const request = { socket: { remoteAddress: peer }, headers } as unknown as IncomingMessage;
  return createAddressResolver(trusted, warn)(request);
}

const proxies = ['10.0.0.0/8', '::1', '2001:db8:ffff::/48'];

test.each([
  ['no header', '10.0.0.1', {}, '10.0.0.1'],
  ['an IPv4 peer on an IPv6 socket', '::ffff:192.0.2.7', {}, '192.0.2.7'],
  ['one entry', '10.0.0.1', { 'x-forwarded-for': '192.0.2.1' }, '192.0.2.1'],
  ['entries that the client wrote', '10.0.0.1', { 'x-forwarded-for': '1.1.1.1, 2.2.2.2, 192.0.2.1' }, '192.0.2.1'],
  [
    'a chain of trusted proxies',
    '10.0.0.1',
    { 'x-forwarded-for': '1.1.1.1, 192.0.2.1, 10.1.1.1, 10.2.2.2' },
    '192.0.2.1',
  ],
  ['only trusted entries', '10.0.0.1', { 'x-forwarded-for': '10.1.1.1' }, '10.1.1.1'],
  ['nonsense next to the proxy', '10.0.0.1', { 'x-forwarded-for': '192.0.2.1, nonsense' }, '10.0.0.1'],
  ['an entry with a port', '10.0.0.1', { 'x-forwarded-for': '192.0.2.1:4711' }, '192.0.2.1'],
  ['IPv6 in brackets with a port', '::1', { 'x-forwarded-for': '[2001:db8::5]:443' }, '2001:db8::5'],
  ['Forwarded', '10.0.0.1', { forwarded: 'for=1.1.1.1, for="[2001:db8::5]:80";proto=https' }, '2001:db8::5'],
  ['octal and hexadecimal notations', '10.0.0.1', { 'x-forwarded-for': '0x7f.1' }, '10.0.0.1'],
])('behind trusted proxies with %s', (_case, peer, headers, expected) => {
  expect(resolve(peer, headers as Record<string, string>, proxies)).toBe(expected);
});

test('a header from a peer that is not trusted is ignored, and told each time', () => {
  const warnings: string[] = [];
  const resolver = createAddressResolver(proxies, (peer) => warnings.push(peer));
  const request = {
    socket: { remoteAddress: '203.0.113.9' },
    headers: { 'x-forwarded-for': '1.1.1.1' },
  } as unknown as IncomingMessage;
  expect([resolver(request), resolver(request)]).toEqual(['203.0.113.9', '203.0.113.9']);
  expect(warnings).toEqual(['203.0.113.9', '203.0.113.9']);
});

// (ASVS 15.3.4)
test('nothing a client writes to the left of what the proxy added changes the address', () => {
  fc.assert(
    fc.property(fc.string(), (forged) => {
      expect(resolve('10.0.0.1', { 'x-forwarded-for': `${forged}, 192.0.2.1` }, proxies)).toBe('192.0.2.1');
    }),
  );
});

test('IPv6 counts by /64, IPv4 whole', () => {
  expect(throttleKey('2001:db8:1:2:3:4:5:6')).toBe(throttleKey('2001:db8:1:2:ffff::1'));
  expect(throttleKey('2001:db8:1:2::1')).not.toBe(throttleKey('2001:db8:1:3::1'));
  expect(throttleKey('192.0.2.1')).toBe('192.0.2.1');
});
