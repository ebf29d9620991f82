// Rule no-default-export: the entry has to offer a converter.

import type { ExportSpecifier, Program } from 'acorn';
import { LIBRARY } from '../alternatives.ts';
import type { Rule } from './rule.ts';

function exportedName({ exported }: ExportSpecifier): unknown {
  return exported.type === 'Identifier' ? exported.name : exported.value;
}

function hasDefaultExport(program: Program): boolean {
  return program.body.some(
    (statement) =>
      statement.type === 'ExportDefaultDeclaration' ||
      (statement.type === 'ExportNamedDeclaration' &&
        statement.specifiers.some((specifier) => exportedName(specifier) === 'default')),
  );
}

/** Refuses an entry without a default export. */
export const noDefaultExport: Rule = {
  id: 'no-default-export',
  check: ({ isEntry, program }) =>
    !isEntry || hasDefaultExport(program)
      ? []
      : [
          {
            node: null,
            message: 'the default export is missing',
            hint: `write \`export default defineConverter({ convert(input, reports, ctx) { … } })\` with defineConverter from '${LIBRARY}'`,
          },
        ],
};
