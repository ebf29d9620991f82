// Rule slow-regex: a warning for patterns that may take for ever on a line that nearly matches.

import type { AnyNode } from 'acorn';
import { mayBacktrackForEver } from '../regex-shape.ts';
import type { Rule } from './rule.ts';

const MAKERS: ReadonlySet<string> = new Set(['RegExp']);

function patternOf(node: AnyNode): string | null {
  if (node.type === 'Literal' && 'regex' in node && node.regex) return node.regex.pattern;
  if (node.type !== 'NewExpression' && node.type !== 'CallExpression') return null;
  const [first] = node.arguments;
  const isMaker = node.callee.type === 'Identifier' && MAKERS.has(node.callee.name);
  return isMaker && first?.type === 'Literal' && typeof first.value === 'string' ? first.value : null;
}

/** Warns of a repeated group that can match the same text in many ways, e.g. `(\\w+\\s?)+`. */
export const slowRegex: Rule = {
  id: 'slow-regex',
  severity: 'warning',
  check: ({ nodes }) =>
    nodes.flatMap(({ node }) => {
      const pattern = patternOf(node);
      if (pattern === null || !mayBacktrackForEver(pattern)) return [];
      const message =
        'this pattern repeats a group that can match the same text in many ways: a long line may take for ever';
      return [
        {
          node,
          message,
          hint: 'repeat one character class instead of a group, or end each turn with a character that it must have',
        },
      ];
    }),
};
