// Rule no-import-attributes: only code is imported.

import type { AnyNode } from 'acorn';
import type { Rule } from './rule.ts';

const WITH_ATTRIBUTES: ReadonlySet<string> = new Set([
  'ImportDeclaration',
  'ExportNamedDeclaration',
  'ExportAllDeclaration',
]);

function hasAttributes(node: AnyNode): boolean {
  return WITH_ATTRIBUTES.has(node.type) && 'attributes' in node && node.attributes.length > 0;
}

/** Refuses `import … with { … }`. */
export const noImportAttributes: Rule = {
  id: 'no-import-attributes',
  check: ({ nodes }) =>
    nodes
      .filter(({ node }) => hasAttributes(node))
      .map(({ node }) => ({
        node,
        message: 'import attributes cannot be used: only modules can be imported',
        hint: 'put the data into a module: `export const table = { … }`',
      })),
};
