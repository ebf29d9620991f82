import { describe, expect, it } from 'vitest';
import { reportSubmit } from '../../../src/protocol/methods/report-submit.ts';
import { argumentsParam } from '../../../src/protocol/shapes.ts';

const isTaken = (value: unknown): boolean => argumentsParam.safeParse(value).success;
const named = (count: number): object => Object.fromEntries(Array.from({ length: count }, (_none, n) => [`a${n}`, 0]));
/** `{"a":"xxx…"}` of so many bytes. */
const sized = (bytes: number): object => ({ a: 'x'.repeat(bytes - '{"a":""}'.length) });

describe('arguments of a call', () => {
  it('are at most 100', () => {
    expect([named(0), named(99), named(100), named(101)].map(isTaken)).toEqual([true, true, true, false]);
  });

  it('are at most 16,384 bytes as JSON', () => {
    expect([sized(16_383), sized(16_384), sized(16_385)].map(isTaken)).toEqual([true, true, false]);
    expect(isTaken({ a: 'ü'.repeat(8_200) })).toBe(false);
  });

  it('have names of at most 100 characters', () => {
    expect([99, 100, 101].map((length) => isTaken({ ['n'.repeat(length)]: 1 }))).toEqual([true, true, false]);
  });

  it.each([[[]], ['text'], [null], [1]])('are an object, not %j', (value) => {
    expect(isTaken(value)).toBe(false);
  });

  it('say what fits', () => {
    const { params } = reportSubmit;
    const { error } = params.safeParse({
      name: 'a',
      content: '1',
      idempotencyKey: '01980000-0000-7000-8000-000000000001',
      arguments: named(101),
    });

    expect(error?.issues).toMatchObject([
      { path: ['arguments'], message: 'must be an object of at most 100 arguments, 16384 bytes as JSON' },
    ]);
  });
});
