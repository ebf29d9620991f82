// A claimed report as the WATS server takes it: WSJF text with its attachments inside.

import type { Logger } from '../core/logger.ts';
import { listAttachments } from '../report/list-attachments.ts';
import type { CanonicalReport } from '../report/schema.ts';
import { parseStoredReport, toWsjf } from '../report/wsjf.ts';
import type { OutgoingReport } from './send.ts';
import type { WsjfText } from './wats.ts';
import { toTooLarge } from './with-max-bytes.ts';

type Bytes = ReadonlyMap<string, Uint8Array>;

/** Bytes that the attachments take in base64: each place that names one takes them again. */
function inlinedBytes(report: CanonicalReport, attachments: Bytes): number {
  return listAttachments(report).reduce((sum, { sha256 }) => {
    const bytes = sha256 === null ? undefined : attachments.get(sha256);
    return sum + Math.ceil((bytes?.byteLength ?? 0) / 3) * 4;
  }, 0);
}

function encode(outgoing: OutgoingReport, maxBytes: number): WsjfText {
  const report = parseStoredReport(outgoing.body);
  const attachments: Bytes = new Map(outgoing.attachments.map(({ sha256, bytes }) => [sha256, bytes]));
  // Order: before anything is written. A small report may name large bytes many times, and would fill the memory.
  const inlined = inlinedBytes(report, attachments);
  if (inlined > maxBytes) {
    const { reason, error } = toTooLarge(inlined, maxBytes);
    return { kind: 'invalid', reason, message: error };
  }
  const receivedAt = new Date(outgoing.acceptedAtUnixMs).toISOString();
  const outcome = toWsjf(report, { receivedAt, attachments });
  return outcome.kind === 'ok' ? { kind: 'ok', text: outcome.body } : outcome;
}

/**
 * Write a claimed report as WSJF.
 *
 * @param deps - `log` gets what must never happen: a writer that throws.
 * @param report - Canonical text and attachments.
 * @param options - `maxBytes` of the destination.
 * @returns The text, or `invalid` with `identity_missing`, `wsjf_invalid` or `too_large`.
 */
export function encodeWsjf(
  { log }: { readonly log: Logger },
  report: OutgoingReport,
  { maxBytes }: { readonly maxBytes: number },
): WsjfText {
  try {
    return encode(report, maxBytes);
  } catch (error) {
    // A bug of the writer, met by one report: it must not look like trouble of the server and hold up the others.
    log.error({ err: error, reportId: report.reportId }, 'WSJF writer threw');
    const message = 'Cannot write report as WSJF: a bug in the writer; the log has the details';
    return { kind: 'invalid', reason: 'wsjf_invalid', message };
  }
}
