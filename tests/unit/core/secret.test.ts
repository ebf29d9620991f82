import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { Secret } from '../../../src/core/secret.ts';

it('Secret prints as [hidden] in every way, and reveals its text on request only', () => {
  const secret = new Secret('s3cret');

  const printed = [
    String(secret),
    secret[Symbol.toPrimitive](),
    JSON.stringify({ secret }),
    inspect(secret),
    inspect({ deep: { secret } }, { showHidden: true }),
  ];

  expect(printed).toEqual([
    '[hidden]',
    '[hidden]',
    '{"secret":"[hidden]"}',
    '[hidden]',
    '{ deep: { secret: [hidden] } }',
  ]);
  expect(secret.reveal()).toBe('s3cret');
});
