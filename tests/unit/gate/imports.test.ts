import { describe, expect, it } from 'vitest';
import { listImports, resolveImport } from '../../../src/gate/imports.ts';
import { type ParsedModule, parseModule } from '../../../src/gate/parse.ts';

const LISTING = new Set(['converter.ts', 'rows.ts', 'lib/deep.ts', 'lib/other.js', 'README.md']);

function resolve(specifier: string, file = 'converter.ts') {
  return resolveImport(specifier, { file, listing: LISTING });
}

function ruleOf(specifier: string, file?: string): string {
  const target = resolve(specifier, file);
  return target.kind === 'refused' ? target.rule : target.kind;
}

function parsed(code: string): ParsedModule {
  const parsing = parseModule(code, { file: 'converter.ts', isEntry: true });
  if (parsing.kind === 'refused') throw new Error(parsing.finding.message);
  return parsing.module;
}

describe('resolveImport()', () => {
  it.each([
    ['./rows.ts', 'rows.ts'],
    ['./lib/deep.ts', 'lib/deep.ts'],
    ['./lib/../rows.ts', 'rows.ts'],
    ['./lib/./other.js', 'lib/other.js'],
  ])('leads %s to a file of the folder', (specifier, path) => {
    expect(resolve(specifier)).toEqual({ kind: 'file', path });
  });

  it('reads a specifier from the place of the importing file', () => {
    expect(resolve('../rows.ts', 'lib/deep.ts')).toEqual({ kind: 'file', path: 'rows.ts' });
  });

  it('leads airlock/converter to the library', () => {
    expect(resolve('airlock/converter')).toEqual({ kind: 'library' });
  });

  it.each([
    ['node:fs', 'no-node-builtin'],
    ['fs', 'no-node-builtin'],
    ['fs/promises', 'no-node-builtin'],
    ['node:nothing-like-it', 'no-node-builtin'],
    ['lodash', 'no-package-import'],
    ['@scope/name/part', 'no-package-import'],
    ['airlock', 'no-package-import'],
    ['airlock/converter/../x', 'no-package-import'],
    ['.hidden', 'no-package-import'],
    ['https://example.com/x.js', 'no-url-import'],
    ['data:text/javascript,1', 'no-url-import'],
    ['file:///etc/passwd', 'no-url-import'],
    ['npm:zod', 'no-url-import'],
    ['/etc/passwd', 'no-absolute-import'],
    ['#internal', 'no-absolute-import'],
    ['C:\\x.ts', 'no-absolute-import'],
    ['\\\\server\\x.ts', 'no-absolute-import'],
    ['', 'bad-specifier'],
    ['./rows.ts?v=2', 'bad-specifier'],
    ['./rows.ts#x', 'bad-specifier'],
    ['./%72ows.ts', 'bad-specifier'],
    ['.\\rows.ts', 'bad-specifier'],
    ['./rows\u0000.ts', 'bad-specifier'],
    [`./${'x'.repeat(1000)}.ts`, 'bad-specifier'],
    ['..', 'outside-folder'],
    ['../rows.ts', 'outside-folder'],
    ['./lib/../../rows.ts', 'outside-folder'],
    ['./rows', 'bad-extension'],
    ['.', 'bad-extension'],
    ['./README.md', 'bad-extension'],
    ['./rows.d', 'bad-extension'],
    ['./missing.ts', 'not-found'],
    ['./Rows.ts', 'not-found'],
  ])('refuses %j by the rule %s', (specifier, rule) => {
    expect(ruleOf(specifier)).toBe(rule);
  });

  it('does not tell whether a file outside exists', () => {
    expect(resolve('../../../etc/passwd')).toEqual({ ...resolve('../../../etc/missing'), message: expect.any(String) });
  });

  it.each([
    ['node:fs', 'input.text()'],
    ['node:child_process', 'starts no programs'],
    ['node:http', 'no network'],
    ['node:inspector', 'runs without Node'],
    ['papaparse', 'csv'],
    ['iconv-lite', '"encoding"'],
    ['@scope/name', 'bundle the package'],
    ['lodash/get', 'bundle the package'],
    ['https://example.com/x.js', './name.ts'],
  ])('names the module %s and the alternative', (specifier, alternative) => {
    const target = resolve(specifier);

    expect(target).toMatchObject({ kind: 'refused', message: expect.stringContaining(`"${specifier}"`) });
    expect(target).toMatchObject({ hint: expect.stringContaining(alternative) });
  });

  it.each([
    ['./rows.js', 'rows.ts'],
    ['./rosw.ts', 'rows.ts'],
    ['./lib/deeep.ts', 'lib/deep.ts'],
  ])('asks for %s whether another file was meant', (specifier, meant) => {
    expect(resolve(specifier)).toMatchObject({ rule: 'not-found', hint: `did you mean "${meant}"?` });
  });
});

describe('listImports()', () => {
  it('finds imports and re-exports with their places', () => {
    const module = parsed(
      `import './a.ts';\nexport * from './b.ts';\n  export { c } from './c.ts';\nexport const d = 1;`,
    );

    expect(listImports(module)).toEqual([
      { specifier: './a.ts', line: 1, column: 8 },
      { specifier: './b.ts', line: 2, column: 15 },
      { specifier: './c.ts', line: 3, column: 21 },
    ]);
  });

  it('reads an escaped specifier as the parser does', () => {
    expect(listImports(parsed(String.raw`import "node\u003afs";`))[0]?.specifier).toBe('node:fs');
  });
});
