import { describe, expect, it } from 'vitest';
import { parseModule } from '../../../src/gate/parse.ts';
import { RULES } from '../../../src/gate/rules/list.ts';

const DEFAULT = '\nexport default {};';

function offencesOf(code: string, isEntry = true): readonly string[] {
  const parsing = parseModule(code, { file: 'converter.ts', isEntry });
  if (parsing.kind === 'refused') return [parsing.finding.code];
  const { module } = parsing;
  return RULES.flatMap((rule) =>
    rule
      .check(module)
      .map(({ node }) => `${rule.id} ${node?.loc?.start.line ?? '-'}:${node?.loc?.start.column ?? '-'}`),
  );
}

describe('the rules of the gate', () => {
  it.each([
    ['import("./a.ts")', ['no-dynamic-import 1:0']],
    ['const f = () => import(name);', ['no-dynamic-import 1:16']],
    ['import.meta.url', ['no-import-meta 1:0']],
    ['class A { x = import.meta }', ['no-import-meta 1:14']],
    ['await 1', ['no-top-level-await 1:0']],
    ['for await (const x of y) ;', ['no-top-level-await 1:0']],
    ['{ await using x = y; }', ['no-top-level-await 1:2']],
    ['class A { [await x]() {} }', ['no-top-level-await 1:11']],
    ['const f = { [await x]: () => 1 };', ['no-top-level-await 1:13']],
    ['import j from "./j.json" with { type: "json" };', ['no-import-attributes 1:0']],
    ['export * from "./j.json" with { type: "json" };', ['no-import-attributes 1:0']],
    ['eval("1")', ['no-global 1:0']],
    ['\\u0065val("1")', ['no-global 1:0']],
    ['const e = eval;', ['no-global 1:10']],
    ['const f = (x = process) => x;', ['no-global 1:15']],
    ['function f({ a = require }) {}', ['no-global 1:17']],
    ['const o = { process };', ['no-global 1:12']],
    ['const o = { [Buffer]: 1 };', ['no-global 1:13']],
    ['new Function("return 1")', ['no-global 1:4']],
    ['globalThis.process.env', ['no-global 1:0']],
    ['globalThis["fetch"]("x")', ['no-global 1:0']],
    ['{ const process = 1; } process;', ['no-global 1:23']],
    ['function f() { var process; } process;', ['no-global 1:30']],
    ['const f = function process() {}; process;', ['no-global 1:33']],
    ['try {} catch (process) {} process;', ['no-global 1:26']],
    ['for (const console of []) ; console;', ['no-global 1:28']],
    ['typeof process === "object" ? process : 0;', ['no-global 1:30']],
    ['export { process };', ['syntax']],
    ['(() => {}).constructor("return 1")', ['no-constructor-call 1:0']],
    ['(() => {})["constructor"]("return 1")', ['no-constructor-call 1:0']],
    ['(() => {})[`constructor`]("return 1")', ['no-constructor-call 1:0']],
    ['new a.constructor("return 1")', ['no-constructor-call 1:4']],
    ['a?.constructor?.("return 1")', ['no-constructor-call 1:0']],
    ['a.constructor.call(null, "x")', ['no-constructor-call 1:0']],
    ['a.constructor.constructor', ['no-constructor-call 1:0']],
    ['a.constructor`x`', ['no-constructor-call 1:0']],
    ['const { constructor: make } = () => 1;', ['no-constructor-call 1:8']],
    ['a.__proto__', ['no-proto 1:0']],
    ['a["__proto__"] = b', ['no-proto 1:0']],
    ['const o = { __proto__: null };', ['no-proto 1:12']],
    ['const o = { "__proto__": null };', ['no-proto 1:12']],
    ['const { __proto__: p } = a;', ['no-proto 1:8']],
    ['a.__defineGetter__("x", f)', ['no-proto 1:0']],
    ['/(a+)+$/.test(x)', ['slow-regex 1:0']],
    ['new RegExp("(a+)+")', ['slow-regex 1:0']],
  ])('refuse %s', (code, offences) => {
    expect(offencesOf(code + DEFAULT)).toEqual(offences);
  });

  it.each([
    'async function f() { await 1; for await (const x of y) ; }',
    'const f = async () => { await using x = y; };',
    'class A { async m() { await 1; } }',
    'function f() { return new.target; }',
    'import { defineConverter } from "airlock/converter";',
    'const text = "import(x); await 1; import.meta";',
    'function f(process, { console }, [fetch], ...rest) { return process + console + fetch + rest; }',
    'const f = (Buffer) => { return () => Buffer; };',
    'function f() { return process; var process = 1; }',
    'import { process } from "./a.ts"; process;',
    'class URL {} new URL();',
    'a.process; a.eval(); const o = { process: 1, eval() {} }; class A { fetch = 1; setTimeout() {} }',
    'process: for (;;) break process;',
    'typeof process === "undefined"; typeof require;',
    'globalThis.Math; globalThis[name];',
    'export * as process from "./a.ts"; export { x as Buffer } from "./a.ts"; export { fetch } from "./a.ts";',
    'class A { constructor() {} make() { return this.constructor.name; } }',
    'const o = { ["__proto__x"]: 1, proto: 1 };',
    '/^(\\d+,)*\\d+$/; /[a-z]+(?:-[a-z]+)*/; /(?:ab?)+/; /(a|b)*/; /a{3}/',
  ])('let pass %s', (code) => {
    expect(offencesOf(code + DEFAULT)).toEqual([]);
  });

  it.each(['export default 1;', 'const a = 1; export { a as default };', 'export { default } from "./a.ts";'])(
    'see the default export of %s',
    (code) => {
      expect(offencesOf(code)).toEqual([]);
    },
  );

  it('want a default export of the entry and of nothing else', () => {
    expect(offencesOf('export const a = 1;')).toEqual(['no-default-export -:-']);
    expect(offencesOf('export const a = 1;', false)).toEqual([]);
  });

  it('have an id each', () => {
    expect(new Set(RULES.map(({ id }) => id)).size).toBe(RULES.length);
  });
});

describe('parseModule()', () => {
  it.each([
    ['const a = ;', 1, 11],
    ['const a = 1;\n  let a;', 2, 7],
    ['#!/usr/bin/env node\n', null, null],
  ])('gives the finding syntax for %j', (code, line, column) => {
    const parsing = parseModule(code, { file: 'a.js', isEntry: false });

    if (line === null) expect(parsing.kind).toBe('parsed');
    else expect(parsing).toMatchObject({ kind: 'refused', finding: { code: 'syntax', file: 'a.js', line, column } });
  });

  it('gives the finding syntax for a source nested deeper than the stack', () => {
    const parsing = parseModule('('.repeat(100_000), { file: 'a.js', isEntry: false });

    expect(parsing).toMatchObject({ kind: 'refused', finding: { code: 'syntax' } });
  });
});
