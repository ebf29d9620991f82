// Rule no-dynamic-import: what a converter loads is known before it runs.

import type { Rule } from './rule.ts';

/** Refuses `import(…)` anywhere. */
export const noDynamicImport: Rule = {
  id: 'no-dynamic-import',
  check: ({ nodes }) =>
    nodes
      .filter(({ node }) => node.type === 'ImportExpression')
      .map(({ node }) => ({
        node,
        message: 'import() cannot be used: every module is known before the converter runs',
        hint: 'write `import { … } from "./name.ts"` at the top of the file',
      })),
};
