// Reads the text of a configuration file, as far as it can be read, and remembers where everything stands.

import { createHash } from 'node:crypto';
import { createScanner, type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import type { Finding } from '../core/findings.ts';
import { type Json, type KeyPath, toKeyText } from './json.ts';

/** A place in a text, from 1; columns count UTF-16 units, as editors do. */
export type TextPlace = { readonly line: number; readonly column: number };

/** A file that was read. `root` is undefined when nothing in it could be understood. */
export type ConfigDocument = {
  readonly file: string;
  readonly root: Json | undefined;
  readonly findings: readonly Finding[];
  /** Place of a key or its value; of the nearest thing around it where there is none. */
  readonly placeOf: (path: KeyPath, at: 'key' | 'value') => TextPlace;
};

/** Largest configuration file, bytes. */
export const MAX_CONFIG_BYTES = 1024 ** 2;
const MAX_DEPTH = 64;

const SYNTAX_WORDS: Readonly<Record<string, string>> = {
  InvalidSymbol: 'unknown word or sign',
  InvalidNumberFormat: 'not a number',
  PropertyNameExpected: 'a key in double quotes is expected',
  ValueExpected: 'a value is expected',
  ColonExpected: 'a colon is expected',
  CommaExpected: 'a comma is expected',
  CloseBraceExpected: 'a closing brace is expected',
  CloseBracketExpected: 'a closing bracket is expected',
  EndOfFileExpected: 'the end of the file is expected',
  InvalidCommentToken: 'a comment begins with // or /*',
  UnexpectedEndOfComment: 'the comment has no end',
  UnexpectedEndOfString: 'the text has no closing quote',
  UnexpectedEndOfNumber: 'the number has no end',
  InvalidUnicode: 'not a \\u sequence of four hex digits',
  InvalidEscapeCharacter: 'unknown sign behind \\',
  InvalidCharacter: 'a control character must be written as an escape',
};

type Keyed = { readonly key: Node; readonly value: Node };

function pairsOf(node: Node): readonly Keyed[] {
  return (node.children ?? []).flatMap(({ children }) => {
    const [key, value] = children ?? [];
    return key === undefined || value === undefined ? [] : [{ key, value }];
  });
}

function toJson(node: Node): Json {
  if (node.type === 'object') {
    return Object.fromEntries(pairsOf(node).map(({ key, value }) => [String(key.value), toJson(value)]));
  }
  if (node.type === 'array') return (node.children ?? []).map(toJson);
  // A literal: jsonc-parser gives null, boolean, number or string.
  return node.value as Json;
}

function makePlaces(text: string): (offset: number) => TextPlace {
  const starts = [0];
  // The line ends of editors: LF, CR LF, and a lone CR.
  for (const match of text.matchAll(/\r\n?|\n/g)) starts.push(match.index + match[0].length);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
}

function findNode(root: Node | undefined, { path, at }: { path: KeyPath; at: 'key' | 'value' }): Node | undefined {
  let node = root;
  for (const [index, step] of path.entries()) {
    if (node === undefined) return undefined;
    if (node.type === 'array') {
      const item: Node | undefined = typeof step === 'number' ? node.children?.[step] : undefined;
      if (item === undefined) return node;
      node = item;
      continue;
    }
    const pair: Keyed | undefined = pairsOf(node).findLast(({ key }) => key.value === step);
    if (pair === undefined) return node;
    node = at === 'key' && index === path.length - 1 ? pair.key : pair.value;
  }
  return node;
}

type Reporter = (code: string, at: { path: KeyPath; offset: number; message: string }) => Finding;

function* findDuplicates(node: Node, { path, report }: { path: KeyPath; report: Reporter }): Generator<Finding> {
  if (node.type === 'array') {
    for (const [index, item] of (node.children ?? []).entries()) {
      yield* findDuplicates(item, { path: [...path, index], report });
    }
  }
  if (node.type !== 'object') return;
  const seen = new Set<string>();
  for (const { key, value } of pairsOf(node)) {
    const name = String(key.value);
    const inner = [...path, name];
    if (seen.has(name)) {
      const message = `${toKeyText(inner)}: this key stands here twice: keep one`;
      yield report('duplicate_key', { path: inner, offset: key.offset, message });
    }
    seen.add(name);
    yield* findDuplicates(value, { path: inner, report });
  }
}

/**
 * Where a JSON text is nested deeper than 64 levels, or null.
 *
 * @param text - JSON with comments.
 */
export function findDepthOffset(text: string): number | null {
  // Trust: parsers and walks recurse, so depth is bounded before they run. A bracket inside a text is part of a longer token.
  const scanner = createScanner(text, true);
  let depth = 0;
  for (scanner.scan(); scanner.getTokenOffset() < text.length; scanner.scan()) {
    const sign = text.charAt(scanner.getTokenOffset());
    if (sign === '{' || sign === '[') depth += 1;
    if (sign === '}' || sign === ']') depth -= 1;
    if (depth > MAX_DEPTH) return scanner.getTokenOffset();
  }
  return null;
}

function describeSyntax({ error }: ParseError): string {
  const name = printParseErrorCode(error);
  return SYNTAX_WORDS[name] ?? name;
}

/**
 * Read the text of a configuration file: JSON with comments and trailing commas.
 *
 * Never throws. After an error the rest is read as far as the parser recovers, so that all findings come at once.
 *
 * @param file - Its name, for findings.
 * @param text - Its content; a byte-order mark is ignored.
 * @returns findings `syntax` and `duplicate_key`, all errors.
 */
export function readDocument(file: string, text: string): ConfigDocument {
  const body = text.startsWith('\uFEFF') ? text.slice(1) : text;
  const toPlace = makePlaces(body);
  const report: Reporter = (code, { path, offset, message }) => {
    return { severity: 'error', code, path: toKeyText(path), file, ...toPlace(offset), message };
  };
  const tooDeep = findDepthOffset(body);
  if (tooDeep !== null) {
    const message = `nested deeper than ${MAX_DEPTH} levels`;
    const findings = [report('syntax', { path: [], offset: tooDeep, message })];
    return { file, root: undefined, findings, placeOf: () => toPlace(0) };
  }
  const errors: ParseError[] = [];
  const tree = parseTree(body, errors, { allowTrailingComma: true });
  const syntax = errors.map((error) =>
    report('syntax', { path: [], offset: error.offset, message: describeSyntax(error) }),
  );
  const duplicates = tree === undefined ? [] : findDuplicates(tree, { path: [], report });
  return {
    file,
    root: tree === undefined ? undefined : toJson(tree),
    findings: [...syntax, ...duplicates],
    placeOf: (path, at) => toPlace(findNode(tree, { path, at })?.offset ?? 0),
  };
}

/**
 * The version of a file's content that edits are checked against: first 16 hex digits of the SHA-256 of its bytes.
 *
 * @param bytes - The file as it lies on the disk.
 */
export function makeEtag(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}
