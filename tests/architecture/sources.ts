// Reads the product's own sources as syntax, for the architecture tests.

import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseSync } from 'oxc-parser';

const root = path.resolve(import.meta.dirname, '../..');

/** One import or re-export of a source file. */
export type ImportEdge = { readonly specifier: string; readonly isTypeOnly: boolean };

/** One TypeScript source below `src`. */
export type SourceFile = { readonly file: string; readonly text: string; readonly imports: readonly ImportEdge[] };

type ModuleEntry = { readonly isType: boolean };

function edgesOf(file: string, text: string): readonly ImportEdge[] {
  const { module } = parseSync(file, text);
  const isTypeOnly = (entries: readonly ModuleEntry[]): boolean =>
    entries.length > 0 && entries.every((entry) => entry.isType);
  const imports = module.staticImports.map((statement) => ({
    specifier: statement.moduleRequest.value,
    isTypeOnly: isTypeOnly(statement.entries),
  }));
  const reexports = module.staticExports.flatMap(({ entries }) =>
    entries.flatMap((entry) =>
      entry.moduleRequest === null ? [] : [{ specifier: entry.moduleRequest.value, isTypeOnly: entry.isType }],
    ),
  );
  const dynamic = module.dynamicImports.map(({ moduleRequest }) => ({
    specifier: text.slice(moduleRequest.start, moduleRequest.end).replaceAll(/^['"`]|['"`]$/g, ''),
    isTypeOnly: false,
  }));
  return [...imports, ...reexports, ...dynamic];
}

/** Every source file below `src`, paths with `/` relative to the checkout. */
export function readSources(): readonly SourceFile[] {
  return globSync('src/**/*.ts', { cwd: root })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => !file.endsWith('.d.ts'))
    .toSorted()
    .map((file) => {
      const text = readFileSync(path.join(root, file), 'utf8');
      return { file, text, imports: edgesOf(file, text) };
    });
}

/** Room of a source file: its folder below `src`, or its own name at the top. */
export function roomOf(file: string): string {
  return file.split('/')[1] ?? '';
}

/** Text of a source without comments and string contents, so that words in them do not count. */
export function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|[^:'"`])\/\/.*$/gm, '$1');
}
