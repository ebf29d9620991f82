import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attack, nameOf } from '../support/attack.ts';
import { body, startTestPool, type TestPool, WALLS_NAME } from '../support/sandbox.ts';

const LIMITS = { cpu: 3_000, wall: 5_000 };
const TRUNCATED = { level: 'warn', text: 'log truncated: the limit of lines or bytes is reached' };

describe(`a converter that floods its host (${WALLS_NAME})`, () => {
  let pool: TestPool;
  beforeAll(async () => {
    pool = await startTestPool({ runners: 2 });
  });
  afterAll(async () => {
    await pool[Symbol.asyncDispose]();
  });

  it('keeps 1,000 log lines and says that the rest was cut', async () => {
    const { outcome, taken } = await attack(pool, body('for (let i = 0; i < 5000; i += 1) host.log(1, "")'), {
      limits: LIMITS,
    });

    expect(nameOf(outcome)).toBe('converted');
    expect(taken.lines).toHaveLength(1_001);
    expect(taken.lines.at(-1)).toEqual(TRUNCATED);
  });

  it('keeps 256 KiB of log, each line cut to 4 KiB', async () => {
    const text = 'for (let i = 0; i < 100; i += 1) host.log(3, "x".repeat(2 ** 22))';

    const { taken } = await attack(pool, body(text), { limits: LIMITS });

    expect(taken.lines).toHaveLength(65);
    expect(taken.lines[0]?.text).toHaveLength(4_096);
    expect(taken.lines.at(-1)).toEqual(TRUNCATED);
  });

  it('is stopped at a giant result', async () => {
    const { outcome } = await attack(pool, body("host.part('x'.repeat(2 ** 28))"), { limits: LIMITS });

    expect(outcome).toEqual({ kind: 'stopped', limit: 'output', used: 2 ** 28, allowed: 65_536 });
  });

  it('is stopped at the sum of its results', async () => {
    const text = "for (;;) host.part('x'.repeat(1000))";

    const { outcome, taken } = await attack(pool, body(text), { limits: { ...LIMITS, output: 10_000 } });

    expect(outcome).toEqual({ kind: 'stopped', limit: 'output', used: 11_000, allowed: 10_000 });
    expect(taken.parts).toHaveLength(10);
  });

  it('is stopped at a million records', async () => {
    const text = "for (let i = 0; i < 1e6; i += 1) if (host.part('{}') !== 0) break";

    const { outcome, taken } = await attack(pool, body(text), { limits: { ...LIMITS, steps: 5_000 } });

    expect(outcome).toEqual({ kind: 'stopped', limit: 'steps', used: 15_001, allowed: 15_000 });
    expect(taken.parts).toHaveLength(15_000);
  });

  it('is stopped at attachments beyond its output, and at characters that are no bytes', async () => {
    const many = await attack(pool, body("for (let i = 0; i < 100; i += 1) host.attach('x')"), {
      limits: { ...LIMITS, output: 2_560 },
    });
    const wrong = await attack(pool, body("host.attach('\\u0100')"), { limits: LIMITS });

    expect(nameOf(many.outcome)).toBe('stopped output');
    expect(many.taken.attachments).toHaveLength(10);
    expect(nameOf(wrong.outcome)).toBe('stopped output');
    expect(wrong.taken.attachments).toEqual([]);
  });

  it('gets at most 200 steps of progress through', async () => {
    const text = 'for (let i = 0; i < 1e5; i += 1) host.progress((i % 100) / 100)';

    const { outcome, taken } = await attack(pool, body(text), { limits: LIMITS });

    expect(nameOf(outcome)).toBe('converted');
    expect(taken.fractions.length).toBeLessThanOrEqual(200);
  });

  it.each([
    ['message', "throw new Error('m'.repeat(2 ** 26))"],
    ['stack', "const e = new Error('m'); e.stack = 's'.repeat(2 ** 26); throw e"],
    ['name', "const e = new Error('m'); e.name = 'n'.repeat(2 ** 26); throw e"],
  ])('fails with a giant %s cut to its limit', async (_field, text) => {
    const { outcome } = await attack(pool, body(text), { limits: LIMITS });

    expect(nameOf(outcome)).toBe('failed');
    expect(JSON.stringify(outcome).length).toBeLessThan(12_000);
  });

  it.each([
    ['host.part({ length: 1e9 })', 'converted'],
    ['host.part(Symbol())', 'converted'],
    ['host.part()', 'converted'],
    ['host.attach([1, 2])', 'converted'],
    ['host.log({}, {})', 'converted'],
    ['host.log(0, { toString() { for (;;); } })', 'converted'],
    ['host.progress(NaN); host.progress(-1); host.progress("1")', 'converted'],
    ['host.part.call(null, 1e9)', 'converted'],
  ])('gets nothing but strings and numbers across: %s', async (text, expected) => {
    const { outcome, taken } = await attack(pool, body(text), { limits: LIMITS });

    expect(nameOf(outcome)).toBe(expected);
    expect(taken).toMatchObject({ parts: [], attachments: [], lines: [], fractions: [] });
  });
});
