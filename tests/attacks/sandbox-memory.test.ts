import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { attack, nameOf } from '../support/attack.ts';
import { body, startTestPool, type TestPool, WALLS_NAME } from '../support/sandbox.ts';

/** A small heap and plenty of time: what ends these is the memory, not the clock. */
const MEMORY_LIMITS = { heapStream: 16 * 1024 ** 2, cpu: 10_000, wall: 12_000 };
/** The isolate's limit; or V8 ends the process, at its own limit or that of the process. */
const ENDED_BY_MEMORY = ['stopped heap', 'crashed'];

describe(`a converter that takes memory (${WALLS_NAME})`, () => {
  let pool: TestPool;
  beforeAll(async () => {
    pool = await startTestPool({ runners: 2 });
  });
  afterAll(async () => {
    await pool[Symbol.asyncDispose]();
  });

  it.each([
    [
      '2 GiB of strings',
      "const kept = []; for (let i = 0; i < 2048; i += 1) kept.push(('x' + i).repeat(1e5).split('').join(''))",
    ],
    ['objects', 'const kept = []; for (;;) kept.push({ a: {}, b: [] })'],
    ['arrays', 'const kept = []; for (;;) kept.push(new Array(1e6).fill(1.5))'],
    ['a map', 'const kept = new Map(); for (let i = 0; ; i += 1) kept.set(i, { i })'],
    ['symbols', "const kept = {}; for (let i = 0; ; i += 1) kept[Symbol('s' + i)] = i"],
    ['promises', 'const kept = []; for (;;) kept.push(new Promise(() => {}))'],
    ['closures', 'const kept = []; for (let i = 0; ; i += 1) kept.push(() => i)'],
    ['a string that doubles', "let s = 'ab'; for (;;) { s += s; s.indexOf('c') }"],
    ['padStart', "const kept = []; for (;;) kept.push('x'.padStart(2 ** 28).split('x'))"],
    ['replace that grows', "let s = 'a'.repeat(1e5); for (;;) s = s.replace(/a/g, 'aaaaaaaa')"],
    ['matchAll', "const kept = []; for (;;) kept.push([...'a'.repeat(1e5).matchAll(/a/g)])"],
    ['deep JSON', "JSON.parse('['.repeat(5e6))"],
    [
      'deep JSON that is written',
      'let deep = []; for (let i = 0; i < 1e6; i += 1) deep = [deep]; JSON.stringify(deep)',
    ],
    ['wide JSON', "JSON.parse('[' + '{},'.repeat(2e6) + '{}]')"],
  ])('is ended by its memory: %s', async (_name, text) => {
    const { outcome } = await attack(pool, body(text), { limits: MEMORY_LIMITS });

    expect(ENDED_BY_MEMORY).toContain(nameOf(outcome));
  });

  it.each([
    ['array buffers', 'const kept = []; for (;;) kept.push(new ArrayBuffer(8e6))', 'failed'],
    [
      'array buffers, caught and tried again',
      'const kept = []; for (;;) try { kept.push(new Uint8Array(8e6).fill(1)) } catch {}',
      'stopped cpu',
    ],
    ['a deep recursion', 'const f = () => f() + 1; f()', 'failed'],
    ['a deep recursion through the host', 'const f = () => { host.log(0, "x"); f() }; f()', 'failed'],
  ])('is refused more by V8 itself: %s', async (_name, text, expected) => {
    const { outcome } = await attack(pool, body(text));

    expect(nameOf(outcome)).toBe(expected);
  });

  it('is stopped at its heap limit by name', async () => {
    const limits = { cpu: 5_000, wall: 6_000, heapStream: 16 * 1024 ** 2 };

    const { outcome } = await attack(pool, body('const kept = []; for (;;) kept.push({})'), { limits });

    expect(outcome).toEqual({ kind: 'stopped', limit: 'heap', used: limits.heapStream, allowed: limits.heapStream });
  });

  it.each(['resize', 'transfer', 'maxByteLength'])('has no growing buffers: %s', async (name) => {
    const text = `host.part(String(new ArrayBuffer(8, { maxByteLength: 2 ** 30 }).${name}))`;

    const { taken } = await attack(pool, body(text));

    expect(taken.parts).toEqual(['undefined']);
  });
});
