import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ATTACK_LIMITS } from '../support/attack.ts';
import { body, makeCompanion, probing, startTestPool, type TestPool, WALLS_NAME } from '../support/sandbox.ts';

/** On top of load, probe and their grace: for starting a runner on a busy machine. */
const SLACK_MS = 3_000;
const EMPTY_PROBES = "import { defineConverter } from 'airlock/converter';\n";

describe(`a hostile probe (${WALLS_NAME})`, () => {
  let pool: TestPool;
  beforeAll(async () => {
    pool = await startTestPool();
  });
  afterAll(async () => {
    await pool[Symbol.asyncDispose]();
  });

  async function tryProbe(source: string): Promise<string> {
    const { outcome, ms } = await pool.probe(source, { trust: 'bundled', limits: ATTACK_LIMITS });
    const next = await pool.probe(probing('return 0.7;'), { trust: 'bundled' });

    expect(ms).toBeLessThan(ATTACK_LIMITS.load + 1_000 + 350 + SLACK_MS);
    expect(next.outcome).toEqual({ kind: 'confidence', value: 0.7 });
    return outcome.kind === 'none' ? outcome.reason : JSON.stringify(outcome);
  }

  it.each([
    ['loops', 'for (;;);', 'stopped at its limit of cpu: 250'],
    ['backtracks', "return /^(a+)+$/.test('a'.repeat(40) + 'b') ? 1 : 0;", 'stopped at its limit of cpu: 250'],
    ['loops in a finally', 'try { for (;;); } finally { for (;;); }', 'stopped at its limit of cpu: 250'],
    ['is stuck in a built-in', '[].indexOf.call({ length: 2 ** 53 - 1 }, 1);', 'stopped at its limit of wall: 250'],
    ['throws', "throw new Error('no');", 'Error: no'],
    ['throws null', 'throw null;', 'Error: threw object null'],
    ['throws a getter', "throw { get message() { throw new Error('x'); } };", 'Error: '],
    ['loops in a getter of its error', 'throw { get message() { for (;;); } };', 'stopped at its limit of cpu: 250'],
    ['returns a promise', 'return new Promise(() => {});', 'probe() answered a object, not a number from 0 to 1'],
    ['returns a giant text', "return 'x'.repeat(2 ** 28);", 'probe() answered a string, not a number from 0 to 1'],
    ['returns NaN', 'return NaN;', 'probe() answered NaN, not a number from 0 to 1'],
    ['returns 1.0000001', 'return 1.0000001;', 'probe() answered 1.0000001, not a number from 0 to 1'],
    [
      'returns an object that is a number',
      'return { valueOf: () => 1, toJSON: () => 1 };',
      'probe() answered a object, not a number from 0 to 1',
    ],
  ])('that %s counts for nothing', async (_what, text, reason) => {
    expect(await tryProbe(probing(text))).toBe(reason);
  });

  it.each([
    ['loops at its top level', `${EMPTY_PROBES}for (;;);`, /^stopped at its limit of load/],
    ['floods memory', probing('const kept = []; for (;;) kept.push(new Array(1e6).fill(1.5));'), /heap|cpu|wall|ended/],
    ['is no function', `${EMPTY_PROBES}export default { probe: 5, convert() {} };`, /^its probe is no function$/],
    [
      'is a getter that throws',
      `${EMPTY_PROBES}export default { get probe() { throw new Error('g'); } };`,
      /^Error: g$/,
    ],
    ['is a proxy that loops', `${EMPTY_PROBES}export default new Proxy({}, { get() { for (;;); } });`, /cpu: 250$/],
    ['throws a giant message', probing("throw new Error('m'.repeat(2 ** 26));"), /^Error: m{2,2048}$/],
    ['imports what it may not', "import fs from 'node:fs';\nexport default {};", /ImportRefused/],
    ['has no default export', 'export const probe = () => 1;', /absent|Error/],
  ])('that %s counts for nothing', async (_what, source, expected) => {
    expect(await tryProbe(source)).toMatch(expected);
  });

  it.each([
    ['the host', "return typeof host === 'undefined' && typeof globalThis.host === 'undefined' ? 1 : 0;"],
    ['the log of its host', "return Object.keys(head).join() === 'name,size,text,bytes' ? 1 : 0;"],
    ['a function that makes code', "try { (() => {}).constructor('return 1')(); return 0; } catch { return 1; }"],
    ['the head of another job', "return head.text === 'a;b\\n1;2\\n' && Object.isFrozen(head) ? 1 : 0;"],
  ])('does not reach %s', async (_what, text) => {
    expect(await tryProbe(probing(text))).toBe('{"kind":"confidence","value":1}');
  });

  it('leaves nothing behind for a conversion of the same converter, nor the other way round', async () => {
    const source =
      `${EMPTY_PROBES}const seen = []; export default defineConverter({` +
      ' probe(head) { seen.push(head.text); globalThis.stolen = head.text; Array.prototype.stolen = 1; return seen.length === 1 ? 1 : 0; },' +
      ' convert(host) { host.part(JSON.stringify([seen, typeof globalThis.stolen, [].stolen])); } });';

    const first = await pool.probe(source, { trust: 'bundled', bytes: Buffer.from('secret') });
    const converted = await pool.run(source, { trust: 'bundled' });
    const second = await pool.probe(source, { trust: 'bundled' });

    // The realm is frozen: bending Array.prototype throws, and the probe with it.
    expect(first.outcome).toMatchObject({ kind: 'none' });
    expect(second.outcome).toMatchObject({ kind: 'none' });
    expect(converted.taken.parts).toEqual(['[[],"undefined",null]']);
  });
});

describe(`a converter that abuses its companions (${WALLS_NAME})`, () => {
  let pool: TestPool;
  beforeAll(async () => {
    pool = await startTestPool();
  });
  afterAll(async () => {
    await pool[Symbol.asyncDispose]();
  });
  const companions = [makeCompanion('a.txt', 'aaaa')];

  it.each([
    [
      'asks for one that is not there',
      'host.part(JSON.stringify([2, -1, 1.5, NaN, 2 ** 32, 2 ** 53].map((i) => host.pull(i))))',
      '["","","","","",""]',
    ],
    [
      'asks with what is no number',
      'host.part(JSON.stringify([{}, "1", null, undefined, Symbol.iterator].map((i) => host.pull(i))))',
      '["","","","",""]',
    ],
    [
      'asks again after the end',
      'host.pull(1); for (let i = 0; i < 1e4; i += 1) host.pull(1); host.part(host.pull(0))',
      'a;b\n1;2\n',
    ],
  ])('gets nothing when it %s', async (_what, text, part) => {
    const { outcome, taken } = await pool.run(body(text), { companions, limits: { cpu: 3_000, wall: 5_000 } });

    expect(outcome.kind).toBe('converted');
    expect(taken.parts).toEqual([part]);
  });

  it('is not given the companions of the job before', async () => {
    await pool.run(body('host.pull(1)'), { trust: 'bundled', companions });

    const { taken } = await pool.run(body('host.part(host.pull(1) + job.companions.length)'), { trust: 'bundled' });

    expect(taken.parts).toEqual(['0']);
  });
});
