// Where an upload may connect to: public addresses, and private ones only for hosts that the configuration names.

import { lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Code of the error by which {@link makeVettedLookup} refuses a host. */
export const BLOCKED_ADDRESS = 'AIRLOCK_BLOCKED_ADDRESS';

/** Ranges that a host named in `allowHosts` may lie in. Multicast, broadcast, 0/8, 6to4, Teredo and the like never. */
const LISTED_RANGES: readonly string[] = [
  'private',
  'loopback',
  'linkLocal',
  'uniqueLocal',
  'carrierGradeNat',
  // NAT64: the IPv4 address inside could be any, private ones included.
  'rfc6052',
];
const GLOBAL_UNICAST_V6 = [ipaddr.IPv6.parse('2000::'), 3] as const;

/** May we connect? `why` names the address and its kind. */
export type AddressVerdict = { readonly kind: 'allowed' } | { readonly kind: 'blocked'; readonly why: string };

const ALLOWED: AddressVerdict = { kind: 'allowed' };

function normalHost(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[(.*)\]$/u, '$1')
    .replace(/\.$/u, '');
}

function isListed(host: string, allowHosts: readonly string[]): boolean {
  const wanted = normalHost(host);
  return allowHosts.some((allowed) => normalHost(allowed) === wanted);
}

function rangeOf(address: string): string {
  if (!ipaddr.isValid(address) || isIP(address) === 0) return 'invalid';
  const parsed = ipaddr.process(address);
  const range = parsed.range();
  // ipaddr.js calls everything it has no name for unicast, `::127.0.0.1` too: outside 2000::/3 nothing is public.
  if (range === 'unicast' && parsed.kind() === 'ipv6' && !parsed.match([...GLOBAL_UNICAST_V6])) return 'reserved';
  return range;
}

/**
 * May an upload connect to this address? Pure.
 *
 * @param address - An IP address in text form.
 * @param host - Host of the configured URL, or an address literal with or without brackets.
 * @param allowHosts - Exact hosts whose private, loopback and link-local addresses are allowed.
 * Source: queue.md 3, SSRF.
 */
export function checkAddress(address: string, { host, allowHosts }: VettedHost): AddressVerdict {
  const range = rangeOf(address);
  if (range === 'unicast') return ALLOWED;
  if (LISTED_RANGES.includes(range) && isListed(host, allowHosts)) return ALLOWED;
  return { kind: 'blocked', why: `address ${address} is ${range}` };
}

/** The host of a destination, and the hosts that may be private. */
export type VettedHost = { readonly host: string; readonly allowHosts: readonly string[] };

/**
 * Check what a URL says by itself, before any name is resolved: its scheme, and an address literal. Pure.
 *
 * Node never calls `lookup` for literals, so {@link makeVettedLookup} does not see them.
 *
 * @param url - Parsed: the URL parser has already turned `127.1` and `2130706433` into `127.0.0.1`.
 */
export function checkUrl(url: URL, allowHosts: readonly string[]): AddressVerdict {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    return { kind: 'blocked', why: `scheme ${url.protocol} is not http or https` };
  }
  const host = normalHost(url.hostname);
  if (url.protocol === 'http:' && !isListed(host, allowHosts)) {
    return { kind: 'blocked', why: `http without TLS to host ${host}` };
  }
  return isIP(host) === 0 ? ALLOWED : checkAddress(host, { host, allowHosts });
}

/** Resolves a name to all its addresses. */
export type ResolveAll = (
  hostname: string,
  callback: (error: Error | null, addresses: readonly { readonly address: string; readonly family: number }[]) => void,
) => void;

const resolveBySystem: ResolveAll = (hostname, callback) => systemLookup(hostname, { all: true }, callback);

/**
 * Make a `lookup` for one connection: resolves once, refuses the host if any of its addresses is blocked, and hands on exactly
 * the addresses it has vetted, so that a second, different DNS answer has no effect.
 *
 * @param resolve - Tests pass their own DNS.
 */
export function makeVettedLookup(vetted: VettedHost, resolve: ResolveAll = resolveBySystem): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, (error, addresses) => {
      const [first] = addresses ?? [];
      if (error !== null || first === undefined) {
        return callback(
          error ?? Object.assign(new Error('Cannot resolve host: no address'), { code: 'ENOTFOUND' }),
          '',
        );
      }
      const blocked = addresses
        .map(({ address }) => checkAddress(address, vetted))
        .find((verdict) => verdict.kind === 'blocked');
      if (blocked?.kind === 'blocked') {
        return callback(Object.assign(new Error(blocked.why), { code: BLOCKED_ADDRESS }), '');
      }
      if (options.all === true) return callback(null, [...addresses]);
      return callback(null, first.address, first.family);
    });
  };
}
