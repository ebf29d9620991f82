import { describe, expect, it } from 'vitest';
import { stripTypes } from '../../../src/gate/strip.ts';

describe('stripTypes()', () => {
  it('puts blanks in place of types, so that columns stay', () => {
    expect(stripTypes('const a: number = 1;', 'a.ts')).toEqual({ kind: 'stripped', code: 'const a         = 1;' });
  });

  it('leaves JavaScript alone', () => {
    expect(stripTypes('const a: number = 1;', 'a.js')).toEqual({ kind: 'stripped', code: 'const a: number = 1;' });
  });

  it('erases import type, and leaves a bare import of an inline type', () => {
    const stripped = stripTypes("import type { A } from 'node:fs';\nimport { type B } from 'node:os';", 'a.ts');

    expect(stripped.kind === 'stripped' && stripped.code.trim()).toMatch(/^import \{\s+\} from 'node:os';$/);
  });

  it.each([
    ['enum A { B }', 'typescript-syntax', 1, 1],
    ['let a = 1;\nnamespace N { export const x = 1 }', 'typescript-syntax', 2, 1],
    ['class A { constructor(private x: number) {} }', 'typescript-syntax', 1, 31],
    ['const a = ;', 'syntax', 1, 11],
    ['let ok = 1;\nlet b: = 2;', 'syntax', 2, 8],
    ['\t\tenum A { B }', 'typescript-syntax', 1, 3],
    ["const text = '日本語'; enum A { B }", 'typescript-syntax', 1, 21],
    ["const text = '\u{1f600}e\u0301'; enum A { B }", 'typescript-syntax', 1, 22],
    ['\u00a0enum A { B }', 'typescript-syntax', 1, 2],
    ["let ok = 1;\r\n\tlet é = '日';\tnamespace N { export const x = 1 }", 'typescript-syntax', 2, 15],
    ['\tconst é = ;', 'syntax', 1, 12],
  ])('gives %j a finding with its place', (source, code, line, column) => {
    expect(stripTypes(source, 'a.ts')).toMatchObject({
      kind: 'refused',
      isFatal: false,
      finding: { code, file: 'a.ts', line, column },
    });
  });
});
