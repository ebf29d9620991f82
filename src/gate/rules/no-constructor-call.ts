// Rule no-constructor-call: code is not made out of text by way of a function's constructor.

import type { AnyNode } from 'acorn';
import type { PlacedNode } from '../parse.ts';
import { staticName } from '../static-name.ts';
import type { Rule } from './rule.ts';

const INVOKERS: ReadonlySet<string> = new Set(['call', 'apply', 'bind']);

function isConstructor(node: AnyNode): boolean {
  return node.type === 'ChainExpression' ? isConstructor(node.expression) : staticName(node) === 'constructor';
}

function isCallee({ field, parent }: PlacedNode): boolean {
  const type = parent?.node.type;
  if (field === 'tag') return type === 'TaggedTemplateExpression';
  return field === 'callee' && (type === 'CallExpression' || type === 'NewExpression');
}

/** `x.constructor(…)`, `new x.constructor(…)`, `x.constructor.call(…)`, and `const { constructor: make } = x`. */
function isOffence(placed: PlacedNode): boolean {
  const { node, field, parent } = placed;
  if (!isConstructor(node)) return false;
  if (node.type === 'Property') return parent?.node.type === 'ObjectPattern';
  if (isCallee(placed)) return true;
  const name = parent === null ? null : staticName(parent.node);
  return field === 'object' && name !== null && (INVOKERS.has(name) || name === 'constructor');
}

/** Refuses calls of a `constructor` property. */
export const noConstructorCall: Rule = {
  id: 'no-constructor-call',
  check: ({ nodes }) =>
    nodes.filter(isOffence).map(({ node }) => ({
      node,
      message: 'the property "constructor" cannot be called: it may make code out of text',
      hint: 'call the class or the function by its name',
    })),
};
