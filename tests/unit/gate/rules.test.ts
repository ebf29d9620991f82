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
