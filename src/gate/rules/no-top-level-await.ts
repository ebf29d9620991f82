// Rule no-top-level-await: loading a converter ends when its code does.

import type { AnyNode } from 'acorn';
import type { Rule } from './rule.ts';

function isAwait(node: AnyNode): boolean {
  if (node.type === 'ForOfStatement') return node.await;
  if (node.type === 'VariableDeclaration') return node.kind === 'await using';
  return node.type === 'AwaitExpression';
}

/** Refuses `await`, `for await` and `await using` outside every function. */
export const noTopLevelAwait: Rule = {
  id: 'no-top-level-await',
  check: ({ nodes }) =>
    nodes
      .filter(({ node, isTopLevel }) => isTopLevel && isAwait(node))
      .map(({ node }) => ({
        node,
        message: 'await cannot be used outside a function',
        hint: 'wait inside convert(), which may be async',
      })),
};
