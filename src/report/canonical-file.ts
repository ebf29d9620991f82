// Reading canonical files, which need no converter: one report, an array, or one report a line; all or nothing.

import type { ReportLimits } from './limits.ts';
import type { AssembledReport, ReportStamp } from './stamp.ts';

/** How reading can end. `line` and `column` count from 1; null where there is no place. */
export type CanonicalFileOutcome =
  | { readonly kind: 'not_canonical' }
  | { readonly kind: 'reports'; readonly reports: readonly AssembledReport[] }
  | {
      readonly kind: 'rejected';
      readonly reason: string;
      readonly line: number | null;
      readonly column: number | null;
    };

/**
 * Could this be a canonical file? Cheap: for choosing.
 *
 * @param headText - The first 4 KiB or more, decoded.
 */
export function looksCanonical(headText: string): boolean {
  return /"schema"\s*:\s*"airlock\.report\//.test(headText);
}

/**
 * Read a canonical file.
 *
 * @param input - The whole file: bytes (UTF-8, with or without byte-order mark) or text.
 * @param options - Limits of each report, and the stamp that completes it.
 */
export function parseCanonicalFile(
  input: Uint8Array | string,
  options: { readonly limits: ReportLimits; readonly stamp: ReportStamp },
): CanonicalFileOutcome {
  return {
    kind: 'rejected',
    reason: `not built yet (${input.length}, ${options.limits.depth})`,
    line: null,
    column: null,
  };
}
