import { expect, it } from 'vitest';
import { firstUuidV7, isName, isUuid, makeUuidV5, makeUuidV7 } from '../../../src/core/ids.ts';

it('makeUuidV7() carries the time, the version and the variant', () => {
  const id = makeUuidV7(0x017f22e279b0, (size) => Buffer.alloc(size, 0xff));

  // Source: RFC 9562 appendix A.6, time of its example.
  expect(id).toBe('017f22e2-79b0-7fff-bfff-ffffffffffff');
});

it('firstUuidV7() is not after any id of its millisecond, and after all of the one before', () => {
  const first = firstUuidV7(0x017f22e279b0);

  expect(first).toBe('017f22e2-79b0-7000-8000-000000000000');
  expect(makeUuidV7(0x017f22e279b0) >= first).toBe(true);
  expect(makeUuidV7(0x017f22e279af, (size) => Buffer.alloc(size, 0xff)) < first).toBe(true);
});

it('makeUuidV5() gives the example of RFC 9562 appendix A.4', () => {
  expect(makeUuidV5('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'www.example.com')).toBe(
    '2ed6657d-e927-568b-95e1-2665a8aea6a2',
  );
});

it('isUuid() takes lower-case canonical form only', () => {
  expect(isUuid('2ed6657d-e927-568b-95e1-2665a8aea6a2')).toBe(true);
  expect(isUuid('2ED6657D-e927-568b-95e1-2665a8aea6a2')).toBe(false);
  expect(isUuid('2ed6657d-e927-568b-95e1-2665a8aea6a')).toBe(false);
});

it('isName() takes 1 to 32 characters of the allowed kind', () => {
  expect([isName('a'), isName('a'.repeat(32)), isName('9-x')]).toEqual([true, true, true]);
  expect([isName(''), isName('a'.repeat(33)), isName('-a'), isName('A'), isName('../a')]).toEqual([
    false,
    false,
    false,
    false,
    false,
  ]);
});
