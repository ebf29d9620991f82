// Rule no-import-meta: a converter does not learn where it lies.

import type { Rule } from './rule.ts';

/** Refuses `import.meta`. */
export const noImportMeta: Rule = {
  id: 'no-import-meta',
  check: ({ nodes }) =>
    nodes
      .filter(({ node }) => node.type === 'MetaProperty' && node.meta.name === 'import')
      .map(({ node }) => ({
        node,
        message: 'import.meta cannot be used: a converter has no address and no folder',
        hint: 'use ctx.station and input.name for what the converter may know',
      })),
};
