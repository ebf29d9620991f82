// A finding: one thing that is wrong or notable at a place in a file.

/** Severity of a finding; only `error` stops something. */
export type Severity = 'error' | 'warning' | 'info';

/** One finding. `line` and `column` count from 1; null where there is no place. */
export type Finding = {
  readonly severity: Severity;
  /** Stable name of the rule, e.g. `unknown_key` (configuration.md 4) or `no-node-builtin` (sandbox.md 7). */
  readonly code: string;
  /** Key path or similar, dot separated; empty for the whole file. */
  readonly path: string;
  readonly file: string | null;
  readonly line: number | null;
  readonly column: number | null;
  readonly message: string;
  readonly suggestion?: string;
};

/**
 * One line for people: `file:line:column severity code message (suggestion)`.
 *
 * @param finding - The finding.
 */
export function formatFinding(finding: Finding): string {
  const place = [finding.file, finding.line, finding.column].filter((part) => part !== null).join(':');
  const hint = finding.suggestion === undefined ? '' : ` (${finding.suggestion})`;
  return `${place === '' ? '' : `${place} `}${finding.severity} ${finding.code}: ${finding.message}${hint}`;
}

/**
 * Is there an error among them?
 *
 * @param findings - Any findings.
 */
export function hasError(findings: readonly Finding[]): boolean {
  return findings.some((finding) => finding.severity === 'error');
}
