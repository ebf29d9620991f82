import { describe, expect, it } from 'vitest';
import { toKeyId } from '../../../src/core/ids.ts';
import type { Scope } from '../../../src/core/scopes.ts';
import { Secret } from '../../../src/core/secret.ts';
import type { KeyRecord } from '../../../src/link/key-content.ts';
import { assertMayCreate, assertMayRevoke, chooseKeepMs, nextKid } from '../../../src/link/key-rules.ts';

const DAY_MS = 86_400_000;

function key(kid: string, { scopes = ['read'], expiresUnixMs = null }: Partial<KeyRecord> = {}): KeyRecord {
  return { kid: toKeyId(kid), secret: new Secret('x'), scopes, created: null, label: null, expiresUnixMs };
}

const admin = { scopes: ['admin'] satisfies readonly Scope[] };
const keysOf = (count: number): readonly KeyRecord[] => Array.from({ length: count }, (_, index) => key(`k${index}`));

function reasonOf(action: () => unknown): unknown {
  try {
    action();
    return null;
  } catch (error) {
    const { code, data } = error as { code: string; data: { reason: string } };
    return `${code} ${data.reason}`;
  }
}

describe('assertMayCreate()', () => {
  it.each([
    [126, null],
    [127, null],
    [128, 'request_failed too_many_keys'],
  ])('with %i keys there says: %s', (count, reason) => {
    expect(reasonOf(() => assertMayCreate(toKeyId('new'), keysOf(count)))).toBe(reason);
  });

  it.each([
    ['local', 'invalid_params reserved'],
    ['group-read', 'invalid_params reserved'],
    ['k1', 'conflict exists'],
    ['k10', null],
  ])('of the name %s says: %s', (kid, reason) => {
    expect(reasonOf(() => assertMayCreate(toKeyId(kid), keysOf(3)))).toBe(reason);
  });
});

describe('assertMayRevoke()', () => {
  it.each([
    ['the key of the call', key('a'), [key('a'), key('boss', admin)], 'a', 'request_failed own_key'],
    ['the last with admin', key('a', admin), [key('a', admin), key('b')], 'b', 'request_failed last_admin_key'],
    [
      'the last with admin that does not expire',
      key('a', admin),
      [key('a', admin), key('b', { ...admin, expiresUnixMs: 1 })],
      'b',
      'request_failed last_admin_key',
    ],
    ['one of two with admin', key('a', admin), [key('a', admin), key('b', admin)], 'b', null],
    ['one that expires anyway', key('a', { ...admin, expiresUnixMs: 1 }), [key('a', admin)], 'b', null],
    ['one without admin', key('a'), [key('a')], 'b', null],
  ])('of %s says what is due', (...[, revoked, keys, caller, reason]) => {
    expect(reasonOf(() => assertMayRevoke(revoked, keys, toKeyId(caller)))).toBe(reason);
  });
});

describe('chooseKeepMs()', () => {
  it('keeps a key for a day unless told, and those that are found by name not at all', () => {
    const chosen = [
      chooseKeepMs(key('line-3'), undefined),
      chooseKeepMs(key('line-3'), 5000),
      chooseKeepMs(key('line-3'), 0),
      chooseKeepMs(key('local'), undefined),
      chooseKeepMs(key('group-read'), 0),
    ];

    expect(chosen).toEqual([DAY_MS, 5000, 0, 0, 0]);
  });

  it.each([
    ['local', 1, null, 'invalid_params keeps_name'],
    ['group-admin', 1, null, 'invalid_params keeps_name'],
    ['line-3', undefined, 7, 'request_failed expires'],
  ])('refuses to keep %s for %s ms when it expires at %s', (kid, keepMs, expiresUnixMs, reason) => {
    expect(reasonOf(() => chooseKeepMs(key(kid, { expiresUnixMs }), keepMs))).toBe(reason);
  });
});

describe('nextKid()', () => {
  it.each([
    ['line-3', [], 'line-3-r2'],
    ['line-3-r2', [], 'line-3-r3'],
    ['line-3', ['line-3-r2', 'line-3-r3'], 'line-3-r4'],
    ['a'.repeat(32), [], `${'a'.repeat(29)}-r2`],
    [`${'a'.repeat(29)}-r9`, [], `${'a'.repeat(28)}-r10`],
  ])('of %s with %j taken is %s', (kid, taken: readonly string[], next) => {
    expect(nextKid(toKeyId(kid), (name) => taken.includes(name))).toBe(next);
  });
});
