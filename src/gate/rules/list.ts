// The rules that every module of a converter has to pass.

import { noConstructorCall } from './no-constructor-call.ts';
import { noDefaultExport } from './no-default-export.ts';
import { noDynamicImport } from './no-dynamic-import.ts';
import { noGlobal } from './no-global.ts';
import { noImportAttributes } from './no-import-attributes.ts';
import { noImportMeta } from './no-import-meta.ts';
import { noProto } from './no-proto.ts';
import { noTopLevelAwait } from './no-top-level-await.ts';
import type { Rule } from './rule.ts';
import { slowRegex } from './slow-regex.ts';

/** Rules over syntax. What an import may name stands in `imports.ts`. Source: sandbox.md 7. */
export const RULES: readonly Rule[] = [
  noDynamicImport,
  noImportMeta,
  noTopLevelAwait,
  noImportAttributes,
  noDefaultExport,
  noGlobal,
  noConstructorCall,
  noProto,
  slowRegex,
];
