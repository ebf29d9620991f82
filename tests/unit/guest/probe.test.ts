import { describe, expect, it } from 'vitest';
import type { ProbeHead } from '../../../src/guest/definition.ts';
import type { GuestHead } from '../../../src/guest/host.ts';
import { probe } from '../../../src/guest/probe.ts';

const HEAD: GuestHead = { name: 'a.csv', size: 70_000, text: 'aé', bytes: 'a\u00c3\u00a9', errorText: 30 };

function ask(definition: unknown): unknown {
  return JSON.parse(probe(definition, JSON.stringify(HEAD)));
}

describe('probe()', () => {
  it.each([0, 0.5, 1, -0])('answers %d as it is', (value) => {
    expect(ask({ probe: () => value })).toEqual({ kind: 'confidence', value: Math.abs(value) });
  });

  it.each([
    [Number.NaN, 'NaN'],
    [-0.1, '-0.1'],
    [1.1, '1.1'],
    [Infinity, 'Infinity'],
    ['0.9', 'a string'],
    [undefined, 'a undefined'],
    [new Date(0), 'a object'],
    [Promise.resolve(1), 'a object'],
    [1n, 'a bigint'],
  ])('counts %s for nothing', (value, told) => {
    const reason = `probe() answered ${told}, not a number from 0 to 1`;
    expect(ask({ probe: () => value })).toEqual({ kind: 'none', reason });
  });

  it('shows name, size, text and bytes of the head', () => {
    let seen: ProbeHead | null = null;
    ask({ probe: (head: ProbeHead) => void (seen = { ...head }) });

    expect(seen).toEqual({ name: 'a.csv', size: 70_000, text: 'aé', bytes: Uint8Array.of(0x61, 0xc3, 0xa9) });
  });

  it.each([[{}], [{ probe: undefined }], [null], [5], [undefined]])('is absent from %j', (definition) => {
    expect(ask(definition)).toEqual({ kind: 'absent' });
  });

  const throwing = (thrown: () => unknown) => ({
    probe: () => {
      throw thrown();
    },
  });

  it.each([
    ['no function', () => ({ probe: 1 }), 'its probe is no function'],
    ['a throw', () => throwing(() => new TypeError('x'.repeat(99))), `TypeError: ${'x'.repeat(19)}`],
    ['a throw of null', () => throwing(() => null), 'Error: threw object null'],
    [
      'a getter that throws',
      () => Object.defineProperty({}, 'probe', { get: throwing(() => new Error('no')).probe }),
      'Error: no',
    ],
  ])('counts %s for nothing', (_what, makeDefinition, reason) => {
    expect(ask(makeDefinition())).toEqual({ kind: 'none', reason });
  });
});
