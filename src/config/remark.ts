// A finding before its place in a file is known.

import type { Finding, Severity } from '../core/findings.ts';
import type { KeyPath } from './json.ts';

/** What is wrong or notable at a key; `message` begins behind the key's name. */
export type Remark = {
  readonly severity: Severity;
  readonly code: FindingCode;
  readonly path: KeyPath;
  /** Points at the key itself, or at its value. */
  readonly at: 'key' | 'value';
  readonly message: string;
  readonly suggestion?: string;
};

// Codes of configuration findings. Source: configuration.md 4.
const FINDING_CODES = [
  'syntax',
  'unknown_key',
  'wrong_type',
  'missing_unit',
  'out_of_range',
  'not_one_of',
  'missing',
  'plain_secret',
  'missing_secret',
  'no_such_folder',
  'overlap',
  'no_such_name',
  'duplicate_key',
  'newer_version',
  'retired',
  'repaired',
  'masked',
] as const;
/** Code of a configuration finding. */
export type FindingCode = (typeof FINDING_CODES)[number];

/** Is this text one of the codes? */
export function isFindingCode(text: unknown): text is FindingCode {
  return FINDING_CODES.some((code) => code === text);
}

/** A finding that belongs to no place of a file. */
export function makeUnplacedFinding(
  finding: Pick<Finding, 'severity' | 'path' | 'message' | 'suggestion'>,
  code: FindingCode,
): Finding {
  return { ...finding, code, file: null, line: null, column: null };
}
