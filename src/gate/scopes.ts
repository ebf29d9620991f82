// Which names a module declares, and where: tells a global from a parameter that is called like one.

import type { AnyNode, Identifier } from 'acorn';
import type { ParsedModule, PlacedNode } from './parse.ts';

/** A name that is read or written, and its node. */
export type Reference = { readonly name: string; readonly placed: PlacedNode };

const FUNCTION_SCOPES: ReadonlySet<string> = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
  'StaticBlock',
  'Program',
]);
const BLOCK_SCOPES: ReadonlySet<string> = new Set([
  ...FUNCTION_SCOPES,
  'BlockStatement',
  'ForStatement',
  'ForInStatement',
  'ForOfStatement',
  'SwitchStatement',
  'CatchClause',
]);
/** Nodes that a pattern is made of; a name that is reached through these alone is bound, not read. */
const PATTERNS: ReadonlySet<string> = new Set([
  'ObjectPattern',
  'ArrayPattern',
  'RestElement',
  'AssignmentPattern',
  'Property',
]);
const LABELS: ReadonlySet<string> = new Set(['LabeledStatement', 'BreakStatement', 'ContinueStatement']);
const IMPORTED: ReadonlySet<string> = new Set([
  'ImportSpecifier',
  'ImportDefaultSpecifier',
  'ImportNamespaceSpecifier',
]);
const KEYED: ReadonlySet<string> = new Set(['Property', 'MethodDefinition', 'PropertyDefinition']);

type Declared = Map<AnyNode, Set<string>>;

function enclosing(from: PlacedNode | null, scopes: ReadonlySet<string>): AnyNode | null {
  for (let at = from; at !== null; at = at.parent) if (scopes.has(at.node.type)) return at.node;
  return null;
}

/** The default value of a pattern is read; its left side and everything else of a pattern is bound. */
function isBoundPart({ field, parent }: PlacedNode): boolean {
  if (parent === null || !PATTERNS.has(parent.node.type)) return false;
  if (parent.node.type === 'AssignmentPattern') return field === 'left';
  return parent.node.type !== 'Property' || field === 'value';
}

/** The node that binds a name, above the patterns around it. */
function binderOf(placed: PlacedNode): PlacedNode {
  let at = placed;
  while (at.parent !== null && isBoundPart(at)) at = at.parent;
  return at;
}

/** Where the name that stands here becomes known, or null when it declares nothing. */
function scopeOf(placed: PlacedNode): AnyNode | null {
  const { field, parent } = binderOf(placed);
  if (parent === null) return null;
  const { node } = parent;
  if (IMPORTED.has(node.type)) return field === 'local' ? enclosing(parent, FUNCTION_SCOPES) : null;
  if (field === 'param' && node.type === 'CatchClause') return node;
  if (field === 'params') return node;
  if (field !== 'id') return null;
  return scopeOfId(parent);
}

/** Where the name of a variable, function or class becomes known. */
function scopeOfId({ node, parent }: PlacedNode): AnyNode | null {
  if (node.type === 'VariableDeclarator') {
    const isVar = parent?.node.type === 'VariableDeclaration' && parent.node.kind === 'var';
    return enclosing(parent, isVar ? FUNCTION_SCOPES : BLOCK_SCOPES);
  }
  // The name of an expression is known inside it alone, that of a declaration around it.
  const isDeclaration = node.type === 'FunctionDeclaration' || node.type === 'ClassDeclaration';
  return isDeclaration ? enclosing(parent, BLOCK_SCOPES) : node;
}

function listDeclared({ nodes }: ParsedModule): Declared {
  const declared: Declared = new Map();
  for (const placed of nodes) {
    if (placed.node.type !== 'Identifier') continue;
    const scope = scopeOf(placed);
    if (scope === null) continue;
    const names = declared.get(scope) ?? new Set<string>();
    declared.set(scope, names.add(placed.node.name));
  }
  return declared;
}

/** Does this identifier name a variable, and not a property, a label or an export? */
function isName({ field, parent }: PlacedNode): boolean {
  if (parent === null) return false;
  const { node } = parent;
  if (node.type === 'MemberExpression') return field !== 'property' || node.computed;
  if (KEYED.has(node.type)) return field !== 'key' || ('computed' in node && node.computed);
  if (node.type === 'ExportSpecifier') return field === 'local' && !isFromElsewhere(parent);
  return (
    !LABELS.has(node.type) &&
    !IMPORTED.has(node.type) &&
    node.type !== 'MetaProperty' &&
    node.type !== 'ExportAllDeclaration'
  );
}

function isFromElsewhere({ parent }: PlacedNode): boolean {
  return (
    parent?.node.type === 'ExportNamedDeclaration' && parent.node.source !== null && parent.node.source !== undefined
  );
}

function isDeclared(declared: Declared, name: string, placed: PlacedNode): boolean {
  for (let at: PlacedNode | null = placed; at !== null; at = at.parent)
    if (declared.get(at.node)?.has(name) === true) return true;
  return false;
}

/**
 * Every name that the module uses without declaring it.
 *
 * @param module - A parsed module. The parser's value of a name counts: `\\u0065val` is `eval`.
 */
export function listGlobals(module: ParsedModule): readonly Reference[] {
  const declared = listDeclared(module);
  return module.nodes
    .filter((placed): placed is PlacedNode & { readonly node: Identifier } => placed.node.type === 'Identifier')
    .filter((placed) => isName(placed) && !isDeclared(declared, placed.node.name, placed))
    .map((placed) => ({ name: placed.node.name, placed }));
}
