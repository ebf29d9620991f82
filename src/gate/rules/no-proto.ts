// Rule no-proto: prototypes stay as they are.

import { staticName } from '../static-name.ts';
import type { Rule } from './rule.ts';

const FORBIDDEN: ReadonlySet<string> = new Set([
  '__proto__',
  '__defineGetter__',
  '__defineSetter__',
  '__lookupGetter__',
  '__lookupSetter__',
]);

/** Refuses `__proto__` and its like as the name of a property: read, written, in a literal or in a pattern. */
export const noProto: Rule = {
  id: 'no-proto',
  check: ({ nodes }) =>
    nodes.flatMap(({ node }) => {
      const name = staticName(node);
      if (name === null || !FORBIDDEN.has(name)) return [];
      const hint = 'for a table with any keys use a Map, or Object.create(null)';
      return [{ node, message: `${name} cannot be used: it changes what an object is`, hint }];
    }),
};
