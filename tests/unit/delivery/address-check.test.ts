import { describe, expect, it } from 'vitest';
import { checkAddress, checkUrl, makeVettedLookup, type ResolveAll } from '../../../src/delivery/address-check.ts';

const unlisted = { host: 'h.test', allowHosts: [] };
const listed = { host: 'h.test', allowHosts: ['H.test.'] };

describe('checkAddress()', () => {
  it.each(['93.184.215.14', '2606:4700::1111', '::ffff:93.184.215.14'])('allows public %s', (address) => {
    expect(checkAddress(address, unlisted)).toEqual({ kind: 'allowed' });
  });

  const onlyListed = [
    '10.0.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '100.64.0.1',
    '::1',
    'fe80::1',
    'fd00::1',
    '::ffff:127.0.0.1',
    '::ffff:10.0.0.1',
    '64:ff9b::7f00:1',
  ];

  it.each(onlyListed)('blocks %s for a host that is not listed', (address) => {
    expect(checkAddress(address, unlisted).kind).toBe('blocked');
  });

  it.each(onlyListed)('allows %s for a listed host', (address) => {
    expect(checkAddress(address, listed)).toEqual({ kind: 'allowed' });
  });

  it.each([
    '0.0.0.0',
    '0.1.2.3',
    '255.255.255.255',
    '224.0.0.1',
    '192.0.0.8',
    '198.18.0.1',
    '240.0.0.1',
    '::',
    '::7f00:1',
    'ff02::1',
    '2002:7f00:1::1',
    '2001:0:4136:e378::1',
    'fec0::1',
    '5f00::1',
    '',
    '127.1',
    '2130706433',
    'no address',
  ])('blocks %j even for a listed host', (address) => {
    expect(checkAddress(address, listed).kind).toBe('blocked');
  });

  it('knows hosts exactly: no suffix, no pattern', () => {
    expect(checkAddress('10.0.0.1', { host: 'a.h.test', allowHosts: ['h.test', '*.h.test'] }).kind).toBe('blocked');
  });
});

describe('checkUrl()', () => {
  it('allows https to a name: its addresses are checked when it is resolved', () => {
    expect(checkUrl(new URL('https://wats.test/'), [])).toEqual({ kind: 'allowed' });
  });

  it('allows http only for a listed host', () => {
    expect(checkUrl(new URL('http://wats.test/'), ['wats.test'])).toEqual({ kind: 'allowed' });
    expect(checkUrl(new URL('http://wats.test/'), [])).toEqual({
      kind: 'blocked',
      why: 'http without TLS to host wats.test',
    });
  });

  it.each(['https://127.1/', 'https://2130706433/', 'https://0x7f.1/', 'https://[::1]/', 'https://[::ffff:10.0.0.1]/'])(
    'blocks the literal in %s, and allows it when listed as the URL parser writes it',
    (text) => {
      const url = new URL(text);

      expect(checkUrl(url, []).kind).toBe('blocked');
      expect(checkUrl(url, [url.hostname])).toEqual({ kind: 'allowed' });
    },
  );

  it('blocks other schemes', () => {
    expect(checkUrl(new URL('ftp://wats.test/'), ['wats.test']).kind).toBe('blocked');
  });
});

describe('makeVettedLookup()', () => {
  const addresses = [
    { address: '93.184.215.14', family: 4 },
    { address: '2606:4700::1111', family: 6 },
  ];
  const answering =
    (list: typeof addresses): ResolveAll =>
    (_host, callback) =>
      callback(null, list);

  it('hands on the vetted addresses, all or the first', async () => {
    const lookup = makeVettedLookup(unlisted, answering(addresses));

    const all = await new Promise((resolve) =>
      lookup('h.test', { all: true }, (error, list) => resolve([error, list])),
    );
    const first = await new Promise((resolve) =>
      lookup('h.test', {}, (error, address, family) => resolve([error, address, family])),
    );

    expect(all).toEqual([null, addresses]);
    expect(first).toEqual([null, '93.184.215.14', 4]);
  });

  it('refuses a host when a single address is blocked', async () => {
    const lookup = makeVettedLookup(unlisted, answering([...addresses, { address: '127.0.0.1', family: 4 }]));

    const error = await new Promise((resolve) => lookup('h.test', { all: true }, resolve));

    expect(error).toMatchObject({ code: 'AIRLOCK_BLOCKED_ADDRESS', message: 'address 127.0.0.1 is loopback' });
  });

  it('refuses a host without any address', async () => {
    const lookup = makeVettedLookup(unlisted, answering([]));

    expect(await new Promise((resolve) => lookup('h.test', {}, resolve))).toMatchObject({ code: 'ENOTFOUND' });
  });
});
