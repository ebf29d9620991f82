import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeAssembler } from '../../src/report/assemble.ts';
import { nameOf } from '../support/attack.ts';
import { LIMITS, STAMP } from '../support/guest-realm.ts';
import { makeJob, makeTaken, startTestPool, type TestPool, WALLS_NAME } from '../support/sandbox.ts';

const REPORT =
  "const r = reports.start({ partNumber: 'P' }); r.step({ name: 's', value: 1, low: 0, high: 2 }); r.finish();";
const source = (text: string, top = ''): string =>
  `import { BadInput, csv, defineConverter, log } from 'airlock/converter';\n${top}\nexport default defineConverter({ convert(input, reports, ctx) {\n${text}\n} });\n`;

describe(`a converter that attacks the library it runs on (${WALLS_NAME})`, () => {
  let pool: TestPool;
  beforeAll(async () => {
    pool = await startTestPool({ guestEntry: 'src/guest/main.ts' });
  });
  afterAll(async () => {
    await pool[Symbol.asyncDispose]();
  });

  async function run(text: string, more: { files?: Record<string, string>; arguments?: Record<string, unknown> } = {}) {
    const { sink, lines } = makeTaken();
    const assembler = makeAssembler(LIMITS);
    const job = makeJob(text, { trust: 'bundled', mode: 'text', limits: { cpu: 300 }, ...more });
    const outcome = await pool.pool.convert(
      { ...job, arguments: more.arguments ?? {} },
      { ...sink, part: assembler.add, attach: assembler.attach },
      { signal: new AbortController().signal },
    );
    const end = outcome.kind === 'converted' ? assembler.finish(STAMP).kind : nameOf(outcome);
    return { end, outcome, lines: lines.map((line) => line.text) };
  }

  it.each([
    [
      'a definition behind a proxy',
      `export default new Proxy({}, { get: (t, k) => (k === 'convert' ? () => {} : undefined), has() { for (;;); } })`,
      'reports',
    ],
    ['a getter that loops as convert', 'export default { get convert() { for (;;); } }', 'stopped cpu'],
    ['a getter that loops as then', source('return { get then() { for (;;); } }'), 'stopped cpu'],
    [
      'a trap that loops while it is asked for then',
      source('return new Proxy({}, { has() { for (;;); } })'),
      'stopped cpu',
    ],
    [
      'a microtask that loops after convert returned',
      source('Promise.resolve().then(() => { for (;;); })'),
      'stopped cpu',
    ],
    [
      'an endless async generator',
      source('return (async () => { for await (const x of (async function* () { for (;;) yield 1 })()); })()'),
      'stopped cpu',
    ],
    ['a loop in finally of a promise', source('return Promise.reject(1).finally(() => { for (;;); })'), 'stopped cpu'],
    [
      'a loop in the text of a BadInput',
      source('throw new BadInput("m", { get line() { for (;;); } })'),
      'stopped cpu',
    ],
    [
      'an await that never ends at the top level',
      'await new Promise(() => {});\nexport default { convert() {} }',
      'failed',
    ],
    [
      'a report that is begun when all is over',
      source(`${REPORT} Promise.resolve().then(() => { reports.start({ key: 'late' }) })`),
      'refuse',
    ],
    [
      'half characters and NUL in names',
      source(`reports.start({ partNumber: '\\ud800', serialNumber: 'S\\0N' }).finish()`),
      'reports',
    ],
    [
      '__proto__ as a key of extensions',
      source(`reports.start({ extensions: JSON.parse('{"__proto__":{"x":1}}') }).finish()`),
      'rejected',
    ],
  ])('ends as it should, and the next job is not touched: %s', async (_name, text, expected) => {
    expect((await run(text)).end).toBe(expected);
    expect((await run(source(REPORT))).end).toBe('reports');
  });

  it.each([
    ['Reflect', 'globalThis.Reflect = { get: (o, k) => o[k], apply: (f, t, a) => { got(a); return f.apply(t, a) } }'],
    [
      'Object',
      'const O = Object; const spied = (k) => (...a) => { got(a); return O[k](...a) }; globalThis.Object = O.fromEntries(O.getOwnPropertyNames(O).map((k) => [k, typeof O[k] === "function" ? spied(k) : O[k]]))',
    ],
    ['Set', 'globalThis.Set = class extends Set { add(v) { got([v]); return super.add(v) } }'],
  ])('gets no function of the host in its hands when it replaces the global %s', async (_name, top) => {
    const spy = `let held = []; const got = (values) => { held.push(...values) };\n${top}`;
    const seen = 'log.info([...held.flatMap((v) => (v && typeof v === "object" ? keys(v) : []))].join(" "))';
    const convert = `${REPORT} for (const row of csv(input)); ${seen}`;
    const { lines } = await run(source(convert, `const keys = Reflect.ownKeys;\n${spy}`));

    expect(lines).toHaveLength(1);
    expect(lines[0]?.split(' ')).not.toContain('pull');
    expect(lines[0]?.split(' ')).not.toContain('part');
  });

  it('finds no match of an earlier job in the statics of RegExp', async () => {
    await run(source("/(secret)/.exec('a secret')"));

    expect((await run(source("log.info('[' + RegExp.$1 + RegExp.input + RegExp.lastMatch + ']')"))).lines).toEqual([
      '[]',
    ]);
  });

  it.each(['Date', 'ArrayBuffer', 'Function', 'csv', 'reports.start', 'ctx.random'])(
    'cannot ask %s who called it',
    async (name) => {
      const text = `try { log.info(String(${name}.caller)) } catch (e) { log.info(e.name) }`;

      expect((await run(source(text))).lines).toEqual(['TypeError']);
    },
  );

  it('takes arguments of two million characters', async () => {
    const table = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`k${index}`, 'x'.repeat(2_000)]));
    const { lines } = await run(source('log.info(Object.keys(ctx.arguments.table).length + "")'), {
      arguments: { table },
    });

    expect(lines).toEqual(['1000']);
  });
});

describe('a report with half characters', () => {
  it('is stored without them, and with everything that only looks like them', () => {
    const assembler = makeAssembler(LIMITS);
    const texts = { partNumber: 'P\ud800', serialNumber: String.raw`\ud800`, comment: '\udc00\u0000\\😀' };
    const { comment, ...unit } = texts;
    const report = {
      kind: 'test',
      unit: { ...unit, revision: null },
      process: { code: 1 },
      station: {},
      startedAt: null,
      comment,
      root: { name: 'r', kind: 'sequence' },
    };
    assembler.add(JSON.stringify({ r: 0, seq: 0, kind: 'start', report }));
    assembler.add(JSON.stringify({ r: 0, seq: 1, kind: 'finish' }));
    const end = assembler.finish(STAMP);
    const stored: unknown = end.kind === 'reports' ? JSON.parse(end.reports[0]?.body ?? '') : null;

    expect(stored).toMatchObject({
      unit: { partNumber: 'P\ufffd', serialNumber: String.raw`\ud800` },
      comment: '\ufffd\u0000\\😀',
    });
  });
});
