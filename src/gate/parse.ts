// A module as a flat list of syntax nodes, for rules to look through.

import { type AnyNode, type Node, type Program, parse } from 'acorn';
import type { Finding } from '../core/findings.ts';
import { makeFinding } from './finding.ts';

/** One node and its place in the tree. */
export type PlacedNode = {
  readonly node: AnyNode;
  /** Null for the program. */
  readonly parent: PlacedNode | null;
  /** Field of the parent that holds the node, e.g. `callee`; lists are not told apart from single nodes. */
  readonly field: string;
  /** Code in it runs while the module loads: it stands outside every function. */
  readonly isTopLevel: boolean;
};

/** A module that could be parsed. */
export type ParsedModule = {
  readonly file: string;
  readonly isEntry: boolean;
  readonly program: Program;
  /** Every node, in no order that a rule may rely on. */
  readonly nodes: readonly PlacedNode[];
};

/** A parsed module, or the finding `syntax`. */
export type Parsing =
  | { readonly kind: 'parsed'; readonly module: ParsedModule }
  | { readonly kind: 'refused'; readonly finding: Finding };

const FUNCTIONS: ReadonlySet<string> = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
]);
const PLACE_IN_MESSAGE = / \(\d+:\d+\)$/;

function isNode(value: unknown): value is AnyNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

function childrenOf(node: Node): readonly (readonly [string, AnyNode])[] {
  return Object.entries(node).flatMap(([field, value]: [string, unknown]) =>
    (Array.isArray(value) ? value : [value]).filter(isNode).map((child) => [field, child] as const),
  );
}

// Iterative: a source may nest deeper than the stack reaches.
function listNodes(program: Program): readonly PlacedNode[] {
  const nodes: PlacedNode[] = [{ node: program, parent: null, field: '', isTopLevel: true }];
  for (let index = 0; index < nodes.length; index += 1) {
    const parent = nodes[index];
    if (parent === undefined) break;
    const isTopLevel = parent.isTopLevel && !FUNCTIONS.has(parent.node.type);
    for (const [field, node] of childrenOf(parent.node)) nodes.push({ node, parent, field, isTopLevel });
  }
  return nodes;
}

function toFinding(error: unknown, file: string): Finding {
  if (error instanceof SyntaxError && 'loc' in error && isPlace(error.loc)) {
    const place = { file, line: error.loc.line, column: error.loc.column + 1 };
    return makeFinding('syntax', place, { message: error.message.replace(PLACE_IN_MESSAGE, '') });
  }
  return makeFinding('syntax', { file }, { message: 'the parser broke on this file', hint: 'look for deep nesting' });
}

function isPlace(value: unknown): value is { readonly line: number; readonly column: number } {
  return typeof value === 'object' && value !== null && 'line' in value && 'column' in value;
}

/**
 * Parse a module.
 *
 * @param code - JavaScript.
 * @param about - Name of the file, and whether it is the converter's entry.
 */
export function parseModule(code: string, about: { readonly file: string; readonly isEntry: boolean }): Parsing {
  try {
    const program = parse(code, { ecmaVersion: 'latest', sourceType: 'module', locations: true });
    return { kind: 'parsed', module: { ...about, program, nodes: listNodes(program) } };
  } catch (error) {
    // Whatever the parser throws, a stack overflow included, condemns this converter and nothing else.
    return { kind: 'refused', finding: toFinding(error, about.file) };
  }
}
