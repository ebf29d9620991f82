// Writing WSJF, the report format of the reference server: pure and strict. Source: wsjf.md.

import type { CanonicalReport } from './schema.ts';

/** How writing can end. */
export type WsjfOutcome =
  | { readonly kind: 'ok'; readonly body: string; readonly warnings: readonly string[] }
  | {
      readonly kind: 'invalid';
      readonly reason: 'identity_missing' | 'wsjf_invalid';
      readonly message: string;
    };

/** Options of {@link toWsjf}. */
export type WsjfOptions = {
  /** When the file was received, RFC 3339: stands in for a report without a date. */
  readonly receivedAt: string;
  /** Bytes of attachments by SHA-256; what is missing here is not sent, with a warning. */
  readonly attachments?: ReadonlyMap<string, Uint8Array>;
};

/**
 * Write a report as WSJF.
 *
 * @param report - A canonical report as stored.
 * @param options - See {@link WsjfOptions}.
 * @returns JSON text for the server, or why there is none; a warning for each thing that had to be changed.
 */
export function toWsjf(report: CanonicalReport, options: WsjfOptions): WsjfOutcome {
  return { kind: 'invalid', reason: 'wsjf_invalid', message: `not built yet (${report.id}, ${options.receivedAt})` };
}

/**
 * Read back a report that airlock itself has stored. Trust: the text was checked before it was stored.
 *
 * @param body - Canonical JSON.
 * @throws {SyntaxError} when the text is damaged.
 */
export function parseStoredReport(body: string): CanonicalReport {
  return JSON.parse(body) as CanonicalReport;
}
