import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AirlockError } from '../../../src/core/errors.ts';
import { parseParams } from '../../../src/server/validation.ts';

const schema = z.strictObject({ items: z.array(z.int()), name: z.string().max(3).optional() });

function failureOf(params: unknown): AirlockError {
  try {
    parseParams(schema, params, { method: 'test/strict' });
  } catch (error) {
    if (error instanceof AirlockError) return error;
  }
  throw new Error('Cannot go on: the params were taken');
}

describe('parseParams()', () => {
  it('answers what the schema made of them', () => {
    expect(parseParams(schema, { items: [1] }, { method: 'test/strict' })).toEqual({ items: [1] });
  });

  it('names each failing field and its rule in the message and in details', () => {
    const failure = failureOf({ items: [1, 'x'], name: 'long' });

    expect(failure).toMatchObject({
      code: 'invalid_params',
      message: 'Cannot run test/strict: items.1, name does not fit',
      data: {
        details: [
          { path: ['items', 1], code: 'invalid_type' },
          { path: ['name'], code: 'too_big' },
        ],
      },
    });
  });

  it('tells unknown keys apart from the message, each cut to 100, at most 20', () => {
    const keys = Array.from({ length: 21 }, (_none, index) => `${index}-${'k'.repeat(200)}`);

    const { data } = failureOf({ items: [], ...Object.fromEntries(keys.map((key) => [key, 1])) });

    expect(data.details).toMatchObject([{ path: [], code: 'unrecognized_keys' }]);
    expect(data.details?.[0]?.keys?.map((key) => key.length)).toEqual(Array(20).fill(100));
    expect(data.details?.[0]?.message).not.toContain('kkk');
  });

  it.each([
    [19, 19],
    [20, 20],
    [21, 20],
  ])('of %i failing fields tells %i', (failing, told) => {
    expect(failureOf({ items: Array(failing).fill('x') }).data.details).toHaveLength(told);
  });

  it('tells no value', () => {
    const failure = failureOf({ items: ['hunter2'], name: 'hunter2' });

    expect(JSON.stringify([failure.message, failure.data])).not.toContain('hunter2');
  });
});
