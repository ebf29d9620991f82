// The name of a property where the source says it outright.

import type { AnyNode } from 'acorn';

function textOf(node: AnyNode): string | null {
  if (node.type === 'Literal') return typeof node.value === 'string' ? node.value : null;
  if (node.type !== 'TemplateLiteral' || node.quasis.length !== 1) return null;
  return node.quasis[0]?.value.cooked ?? null;
}

/**
 * Name of the property that a member access, an object's entry or a pattern's entry speaks of.
 *
 * @param node - Any node.
 * @returns null where it is no property, or its name is made at run time: the realm answers those.
 */
export function staticName(node: AnyNode): string | null {
  if (node.type !== 'MemberExpression' && node.type !== 'Property') return null;
  const named = node.type === 'MemberExpression' ? node.property : node.key;
  if (!node.computed && named.type === 'Identifier') return named.name;
  return textOf(named);
}
