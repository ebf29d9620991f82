import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attack, nameOf } from '../support/attack.ts';
import { body, startTestPool, type TestPool, WALLS_NAME } from '../support/sandbox.ts';

const HUGE = '{ length: 2 ** 53 - 1 }';

describe(`a converter that takes time (${WALLS_NAME})`, () => {
  let pool: TestPool;
  beforeAll(async () => {
    pool = await startTestPool({ runners: 2 });
  });
  afterAll(async () => {
    await pool[Symbol.asyncDispose]();
  });

  it.each([
    ['an endless loop', 'while (true);'],
    ['a loop in finally', 'try { throw 1 } finally { for (;;); }'],
    ['a loop that catches everything', 'for (;;) try { for (;;); } catch {}'],
    ['a backtracking expression', "/(a+)+$/.test('a'.repeat(60) + 'b')"],
    ['a backtracking lookbehind in replace', "('b' + 'a'.repeat(60) + 'x').replace(/(?<=c(a+)+)x/, '')"],
    ['an endless generator', 'for (const x of (function* () { for (;;) yield 1 })());'],
    ['a loop of microtasks', 'const again = () => Promise.resolve().then(again); return again()'],
    ['an async loop', 'return (async () => { for (;;) await null })()'],
    ['a thenable that thens itself', 'return Promise.resolve({ then(f) { for (;;); } })'],
    ['deep recursion that catches', 'const f = () => { try { f() } finally { f() } }; f()'],
    ['sorting with an endless comparison', '[3, 2, 1].sort(() => { for (;;); })'],
    ['a proxy that loops', 'new Proxy({}, { get() { for (;;); } }).x'],
  ])('is stopped at its processor time: %s', async (_name, text) => {
    const { outcome } = await attack(pool, body(text));

    expect(nameOf(outcome)).toBe('stopped cpu');
  });

  it.each([
    ['indexOf over a huge array-like', `[].indexOf.call(${HUGE}, 1)`],
    ['lastIndexOf', `[].lastIndexOf.call(${HUGE}, 1)`],
    ['reverse', `[].reverse.call(${HUGE})`],
    ['copyWithin', `[].copyWithin.call(${HUGE}, 1, 0)`],
    ['a power of BigInt', '(12345678901234567890n ** 400000n) ** 60n'],
    ['a division of BigInt', 'const a = 7n ** 40000000n; a / (a - 1n) / 3n ** 8000000n'],
    ['a huge number as text', '(3n ** 20000000n).toString()'],
    ['an error whose message loops in a built-in', `throw { get message() { return [].indexOf.call(${HUGE}, 1) } }`],
  ])('is killed at its wall when V8 cannot be interrupted: %s', async (_name, text) => {
    const { outcome } = await attack(pool, body(text));

    expect(nameOf(outcome)).toBe('stopped wall');
  });

  it.each([
    ['progress', 'for (;;) host.progress(0.5)'],
    ['pulls after the end', "for (;;) if (host.pull(0) === 'never') break"],
    ['log lines', "for (;;) host.log(0, '')"],
  ])(
    'is stopped when it calls its host for ever, though its own clock stands still meanwhile: %s',
    async (_name, text) => {
      const { outcome } = await attack(pool, body(text));

      expect(['stopped wall', 'stopped cpu']).toContain(nameOf(outcome));
    },
  );

  it.each([
    ['a loop', 'for (;;);\nexport default {}'],
    ['a built-in', `[].indexOf.call(${HUGE}, 1);\nexport default {}`],
    ['a thrown error whose message loops', `throw new (class extends Error { get message() { for (;;); } })()`],
    [
      'a thrown error whose name is a built-in',
      `const e = new Error('m'); Object.defineProperty(e, 'name', { get: () => [].indexOf.call(${HUGE}, 1) }); throw e`,
    ],
  ])('is stopped at its load limit at the top level: %s', async (_name, source) => {
    const { outcome } = await attack(pool, source);

    expect(nameOf(outcome)).toBe('stopped load');
  });

  it('fails when its promise never settles', async () => {
    const { outcome } = await attack(pool, body('return new Promise(() => {})'));

    expect(outcome).toMatchObject({
      kind: 'failed',
      error: { message: 'Cannot finish the conversion: the promise of convert() never settles' },
    });
  });
});
