import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { body, makeProbe, probing, startTestPool, type TestPool, WALLS_NAME } from '../support/sandbox.ts';

describe(`probe (${WALLS_NAME})`, () => {
  let pool: TestPool;
  beforeAll(async () => {
    pool = await startTestPool();
  });
  afterAll(async () => {
    await pool[Symbol.asyncDispose]();
  });

  it('answers what the converter says of name, size, text and bytes', async () => {
    const source = probing(
      "return head.name === 'in.csv' && head.size === 3 && head.text === 'aé' && head.bytes[1] === 0xc3 ? 0.9 : 0;",
    );

    expect((await pool.probe(source, { bytes: Buffer.from('aé') })).outcome).toEqual({
      kind: 'confidence',
      value: 0.9,
    });
  });

  it.each([
    ['windows-1252', [0xe9], 'é'],
    ['auto', [0xe9, 0x61], 'éa'],
    ['auto', [0xc3, 0xa9, 0xe2, 0x82], 'é'],
    ['utf-16le', [0x41, 0x00], 'A'],
  ])('decodes the head as %s', async (encoding, bytes, text) => {
    const source = probing(`return head.text === ${JSON.stringify(text)} ? 1 : 0;`);

    const { outcome } = await pool.probe(source, { encoding, bytes: Uint8Array.from(bytes) });

    expect(outcome).toEqual({ kind: 'confidence', value: 1 });
  });

  it.each([
    [64 * 1024 - 1, 64 * 1024 - 1],
    [64 * 1024, 64 * 1024],
    [64 * 1024 + 1, 64 * 1024],
  ])('shows of %i bytes the first %i', async (size, shown) => {
    const source = probing(`return head.bytes.length === ${shown} && head.size === ${size} ? 1 : 0;`);

    expect((await pool.probe(source, { bytes: Buffer.alloc(size, 'x') })).outcome).toMatchObject({ value: 1 });
  });

  it('is absent from a converter without one', async () => {
    expect((await pool.probe(body('host.part("1")'))).outcome).toEqual({ kind: 'absent' });
  });

  it('has a context of its own: what a probe leaves behind no conversion sees', async () => {
    const source =
      "import { defineConverter } from 'airlock/converter';\nlet seen = 0;\n" +
      'export default defineConverter({ probe() { seen += 1; globalThis.left = 1; return seen; },' +
      ' convert(host) { host.part(`${seen} ${typeof globalThis.left}`); } });';

    const first = await pool.probe(source);
    const converted = await pool.run(source);
    const second = await pool.probe(source);

    expect(first.outcome).toEqual({ kind: 'confidence', value: 1 });
    expect(second.outcome).toEqual(first.outcome);
    expect(converted.taken.parts).toEqual(['0 undefined']);
  });

  it('of bundled converters runs in one process, one after the other', async () => {
    const before = pool.pool.runners();
    for (const value of [0.1, 0.2, 0.3]) {
      const { outcome } = await pool.probe(probing(`return ${value};`), { trust: 'bundled' });
      expect(outcome).toEqual({ kind: 'confidence', value });
    }

    expect(pool.pool.runners().size).toBe(before.size);
  });

  it('rejects with the reason of an abort, and the pool goes on', async () => {
    const reason = new Error('enough');
    const controller = new AbortController();
    const loop = pool.pool.probe(makeProbe(probing('for (;;);')), { signal: controller.signal });
    controller.abort(reason);

    await expect(loop).rejects.toBe(reason);
    expect((await pool.probe(probing('return 1;'))).outcome).toEqual({ kind: 'confidence', value: 1 });
  });
});
