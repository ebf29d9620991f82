import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { body, makeJob, makeTaken, startTestPool, type TestPool, WALLS_NAME } from '../support/sandbox.ts';

const READ_ALL = "let text = '', piece; while ((piece = host.pull(0)) !== '') text += piece;";
const used = {
  wallMs: expect.any(Number),
  cpuMs: expect.any(Number),
  heapBytes: expect.any(Number),
  outputBytes: expect.any(Number),
  records: expect.any(Number),
};

describe(`pool (${WALLS_NAME})`, () => {
  let pool: TestPool;
  beforeAll(async () => {
    pool = await startTestPool({ runners: 2 });
  });
  afterAll(async () => {
    await pool[Symbol.asyncDispose]();
  });

  const library = "import { SkipFile, BadInput, RetryLater } from 'airlock/converter';\n";

  it('converts: input in, records, attachments, log and progress out', async () => {
    const text = `${READ_ALL} host.part(JSON.stringify(text)); host.attach('\\u00ff\\u0000'); host.log(2, 'seen'); host.progress(1);`;

    const { outcome, taken } = await pool.run(body(text));

    expect(outcome).toEqual({
      kind: 'converted',
      encoding: 'utf-8',
      used: { ...used, records: 1, outputBytes: 12 + 256 },
    });
    expect(taken).toMatchObject({
      parts: ['"a;b\\n1;2\\n"'],
      attachments: [Buffer.of(255, 0)],
      lines: [{ level: 'warn', text: 'seen' }],
      fractions: [1],
    });
  });

  it.each([
    ["throw new SkipFile('nothing in it')", { kind: 'skipped', reason: 'nothing in it' }],
    ["throw new BadInput('line is short')", { kind: 'rejected', reason: 'line is short', line: 3, column: null }],
    ["throw new RetryLater('not yet')", { kind: 'suspended', reason: 'not yet', afterMs: 1_000 }],
  ])('ends as the converter says: %s', async (text, expected) => {
    expect((await pool.run(library + body(text))).outcome).toEqual(expected);
  });

  it('fails with the file, line and column of the converter', async () => {
    const files = { 'lib/parse.ts': '\n\nexport function parse() {\n  return null.x;\n}\n' };

    const { outcome } = await pool.run(`import { parse } from './lib/parse.ts';\n${body('parse()')}`, { files });

    expect(outcome).toMatchObject({
      kind: 'failed',
      error: {
        name: 'TypeError',
        message: "Cannot read properties of null (reading 'x')",
        file: 'lib/parse.ts',
        line: 4,
        column: 15,
        stack: '    at parse (lib/parse.ts:4:15)\n    at convert (converter.ts:4:1)',
      },
    });
  });

  it('fails with the place of wrong syntax', async () => {
    const { outcome } = await pool.run('const a = 1;\nconst b = = 2;');

    expect(outcome).toMatchObject({
      kind: 'failed',
      error: { name: 'SyntaxError', message: "Unexpected token '='", file: 'converter.ts', line: 2, column: 11 },
    });
  });

  it('waits for a promise that settles', async () => {
    const { outcome, taken } = await pool.run(
      body("return (async () => { await null; await 0; host.part('late') })()"),
    );

    expect(outcome.kind).toBe('converted');
    expect(taken.parts).toEqual(['late']);
  });

  it.each([
    ['utf-8', Buffer.from('\ufeffä€'), 'ä€', 'utf-8'],
    ['auto', Buffer.from('\ufeffä€'), 'ä€', 'utf-8'],
    ['auto', Buffer.from('ä€'), 'ä€', 'utf-8'],
    ['auto', Buffer.from([0xe4, 0x80]), 'ä€', 'windows-1252'],
    ['auto', Buffer.from('\ufeffä', 'utf16le'), 'ä', 'utf-16le'],
    ['auto', Buffer.from([0xfe, 0xff, 0x00, 0xe4]), 'ä', 'utf-16be'],
    ['shift_jis', Buffer.from([0x83, 0x65, 0x83, 0x58, 0x83, 0x67]), 'テスト', 'shift_jis'],
  ])('decodes %s', async (encoding, bytes, expected, chosen) => {
    const { outcome, taken } = await pool.run(body(`${READ_ALL} host.part(text)`), { encoding, bytes });

    expect(taken.parts).toEqual([expected]);
    expect(outcome).toMatchObject({ kind: 'converted', encoding: chosen });
  });

  it('gives bytes as one character each, and an empty input as the end', async () => {
    const bytes = Buffer.from([0, 127, 128, 255]);
    const text = `${READ_ALL} host.part(JSON.stringify([...text].map((c) => c.charCodeAt(0))))`;

    expect((await pool.run(body(text), { bytes, mode: 'bytes' })).taken.parts).toEqual(['[0,127,128,255]']);
    expect((await pool.run(body(text), { bytes: Buffer.alloc(0) })).taken.parts).toEqual(['[]']);
  });

  it('keeps characters whole across the pieces of a large input', async () => {
    const bytes = Buffer.from('€'.repeat(500_000));
    const text = `${READ_ALL} host.part(String(text.length) + (text === '€'.repeat(500000)))`;

    const { taken } = await pool.run(body(text), { bytes, limits: { cpu: 5_000, wall: 10_000 } });

    expect(taken.parts).toEqual(['500000true']);
  });

  it('runs two conversions at once and lets the third wait', async () => {
    const slow = body('for (let i = 0; i < 3e6; i += 1) Math.sqrt(i); host.part("x")');

    const ends = await Promise.all([1, 2, 3].map(() => pool.run(slow, { limits: { cpu: 10_000, wall: 10_000 } })));

    expect(ends.map(({ outcome }) => outcome.kind)).toEqual(['converted', 'converted', 'converted']);
  });

  it('tells the sink’s refusal as rejected and its stop as stopped', async () => {
    const { signal } = new AbortController();
    const job = makeJob(body("for (let i = 0; i < 50; i += 1) host.part('x'); host.pull(0)"));
    const refused = await pool.pool.convert(
      job,
      { ...makeTaken().sink, part: () => ({ kind: 'refuse', reason: 'no' }) },
      { signal },
    );
    const stopped = await pool.pool.convert(
      job,
      { ...makeTaken().sink, part: () => ({ kind: 'stop', limit: 'reports', used: 2, allowed: 1 }) },
      { signal },
    );

    expect(refused).toEqual({ kind: 'rejected', reason: 'no', line: null, column: null });
    expect(stopped).toEqual({ kind: 'stopped', limit: 'reports', used: 2, allowed: 1 });
  });

  it('rejects with what the sink throws, and goes on with the next job', async () => {
    const bug = new Error('bug of the daemon');
    const part = (): never => {
      throw bug;
    };
    const { signal } = new AbortController();

    await expect(
      pool.pool.convert(makeJob(body("host.part('x')")), { ...makeTaken().sink, part }, { signal }),
    ).rejects.toBe(bug);
    expect((await pool.run(body(''))).outcome.kind).toBe('converted');
  });

  it('rejects with the reason of an abort, before, while waiting and while running', async () => {
    const reason = new Error('given up');
    const loop = makeJob(body("host.log(0, 'running'); for (;;);"), { limits: { cpu: 20_000, wall: 20_000 } });
    const running = new AbortController();
    const sink = { ...makeTaken().sink, log: () => running.abort(reason) };

    await expect(pool.pool.convert(loop, sink, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    await expect(pool.pool.convert(loop, sink, { signal: running.signal })).rejects.toBe(reason);
    expect((await pool.run(body(''))).outcome.kind).toBe('converted');
  });
});
