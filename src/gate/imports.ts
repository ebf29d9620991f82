// What a module imports, and where each import leads: to a file of the same folder, to the library, or nowhere.

import { isBuiltin } from 'node:module';
import { posix } from 'node:path';
import type { Literal } from 'acorn';
import { ALTERNATIVE_TO_URL, alternativeToBuiltin, alternativeToPackage, LIBRARY } from './alternatives.ts';
import { findClosest } from './closest.ts';
import type { FindingText } from './finding.ts';
import type { ParsedModule } from './parse.ts';

/** One import or re-export, as written. `line` and `column` count from 1. */
export type ImportSite = { readonly specifier: string; readonly line: number | null; readonly column: number | null };

/** Where an import leads. */
export type Resolution =
  | { readonly kind: 'library' }
  | { readonly kind: 'file'; readonly path: string }
  | ({ readonly kind: 'refused'; readonly rule: string } & FindingText);

/** The importing file, and every file of the folder. */
export type ImportScope = { readonly file: string; readonly listing: ReadonlySet<string> };

/** A rule about the text of a specifier alone; the first that matches decides. */
type SpecifierRule = {
  readonly rule: string;
  readonly refuses: (specifier: string) => boolean;
  readonly explain: (specifier: string) => FindingText;
};

const EXTENSIONS: readonly string[] = ['.ts', '.js'];
const MAX_SPECIFIER = 1_000;

const RELATIVE_HINT = 'import files of the folder by a relative path with extension, e.g. "./rows.ts"';

const SPECIFIER_RULES: readonly SpecifierRule[] = [
  {
    rule: 'no-node-builtin',
    refuses: (specifier) => specifier.startsWith('node:') || isBuiltin(specifier),
    explain: (specifier) => ({
      message: `"${specifier}" is a module of Node, which a converter cannot import`,
      hint: `${alternativeToBuiltin(specifier)}; for types alone write \`import type { X }\``,
    }),
  },
  {
    rule: 'no-absolute-import',
    refuses: (specifier) => /^(?:[/#]|\\|[A-Za-z]:[\\/])/.test(specifier),
    explain: (specifier) => ({ message: `"${specifier}" is not relative to the importing file`, hint: RELATIVE_HINT }),
  },
  {
    rule: 'no-url-import',
    refuses: (specifier) => /^[A-Za-z][A-Za-z0-9+.-]*:/.test(specifier),
    explain: (specifier) => ({ message: `"${specifier}" is a URL`, hint: ALTERNATIVE_TO_URL }),
  },
  {
    rule: 'bad-specifier',
    refuses: (specifier) => specifier === '' || specifier.length > MAX_SPECIFIER || /[?#%\\\p{Cc}]/u.test(specifier),
    explain: (specifier) => ({
      message: `"${specifier}" is empty, too long, or has one of ? # % \\ or a control character in it`,
      hint: RELATIVE_HINT,
    }),
  },
  {
    rule: 'no-package-import',
    refuses: (specifier) => specifier !== LIBRARY && !/^\.{1,2}(?:\/|$)/.test(specifier),
    explain: (specifier) => ({
      message: `"${specifier}" is a package, which a converter cannot import`,
      hint: alternativeToPackage(specifier),
    }),
  },
];

/**
 * Every static import and re-export of a module, with the parser's value of its specifier: `"node\u003afs"` is `node:fs`.
 *
 * @param module - A parsed module.
 */
export function listImports(module: ParsedModule): readonly ImportSite[] {
  return module.nodes.flatMap(({ node }) => {
    if (node.type === 'ImportDeclaration' || node.type === 'ExportAllDeclaration') return [toSite(node.source)];
    return node.type === 'ExportNamedDeclaration' && node.source ? [toSite(node.source)] : [];
  });
}

function toSite(source: Literal): ImportSite {
  const start = source.loc?.start;
  return {
    specifier: String(source.value),
    line: start?.line ?? null,
    column: start === undefined ? null : start.column + 1,
  };
}

function refuseMissing(path: string, listing: ReadonlySet<string>): Resolution {
  const stem = path.slice(0, -posix.extname(path).length);
  const sibling = EXTENSIONS.map((extension) => stem + extension).find((name) => listing.has(name));
  const closest =
    sibling ??
    findClosest(
      path,
      [...listing].filter((name) => EXTENSIONS.includes(posix.extname(name))),
    );
  const hint = closest === null ? 'files are found by their exact name' : `did you mean "${closest}"?`;
  return { kind: 'refused', rule: 'not-found', message: `there is no file "${path}" in the converter's folder`, hint };
}

/**
 * Find out where an import leads, from its text and the folder's listing alone: the disk is not asked, so that nothing about
 * files outside is revealed.
 *
 * @param specifier - The parser's value.
 * @param scope - Importing file and listing.
 */
export function resolveImport(specifier: string, { file, listing }: ImportScope): Resolution {
  const broken = SPECIFIER_RULES.find(({ refuses }) => refuses(specifier));
  if (broken !== undefined) return { kind: 'refused', rule: broken.rule, ...broken.explain(specifier) };
  if (specifier === LIBRARY) return { kind: 'library' };

  const path = posix.normalize(posix.join(posix.dirname(file), specifier));
  if (path === '..' || path.startsWith('../')) {
    const message = `"${specifier}" leads out of the converter's folder`;
    return { kind: 'refused', rule: 'outside-folder', message, hint: 'put a copy of the file into the folder' };
  }
  if (!EXTENSIONS.includes(posix.extname(path))) {
    const message = `"${specifier}" does not end in ${EXTENSIONS.join(' or ')}`;
    return { kind: 'refused', rule: 'bad-extension', message, hint: RELATIVE_HINT };
  }
  return listing.has(path) ? { kind: 'file', path } : refuseMissing(path, listing);
}
