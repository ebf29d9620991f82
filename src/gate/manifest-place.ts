// Where in converter.json a value stands, for findings that name line and column.

import { type AnyNode, parseExpressionAt } from 'acorn';

/** Line and column, from 1; null where it cannot be told. */
export type ManifestPlace = { readonly line: number | null; readonly column: number | null };

const NOWHERE: ManifestPlace = { line: null, column: null };

function childOf(node: AnyNode, key: string): AnyNode | null {
  if (node.type === 'ArrayExpression') return node.elements[Number(key)] ?? null;
  if (node.type !== 'ObjectExpression') return null;
  // The last of two with one name is the one that JSON keeps.
  const property = node.properties.findLast(
    (one) => one.type === 'Property' && one.key.type === 'Literal' && one.key.value === key,
  );
  return property?.type === 'Property' ? property.value : null;
}

/**
 * Find a value of a manifest.
 *
 * @param text - Its text, which is JSON.
 * @param path - Keys that lead to it; where one is not there, the place of the last that is.
 */
export function placeInManifest(text: string, path: readonly string[]): ManifestPlace {
  let node: AnyNode;
  try {
    // All JSON is an expression of the language.
    node = parseExpressionAt(text, 0, { ecmaVersion: 'latest', locations: true });
  } catch {
    // Deeper than the parser's stack, or `__proto__` twice: a finding without a place is better than none.
    return NOWHERE;
  }
  for (const key of path) {
    const child = childOf(node, key);
    if (child === null) break;
    node = child;
  }
  const start = node.loc?.start;
  return start === undefined ? NOWHERE : { line: start.line, column: start.column + 1 };
}
