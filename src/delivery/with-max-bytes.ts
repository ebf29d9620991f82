// A link of the chain: the largest report that a destination is asked to take.

import { formatBytes } from '../core/units.ts';
import { reportBytes } from './report-size.ts';
import type { Send, SendOutcome } from './send.ts';

/**
 * What is said of an upload over the limit.
 *
 * @param bytes - Size of the upload.
 * @param maxBytes - The destination's `maxBytes`.
 */
export function toTooLarge(bytes: number, maxBytes: number): Extract<SendOutcome, { readonly kind: 'unsendable' }> {
  const error = `Cannot deliver report: ${bytes} bytes are more than maxBytes, ${maxBytes} bytes (${formatBytes(maxBytes)})`;
  return { kind: 'unsendable', reason: 'too_large', error };
}

/**
 * Refuse reports over `maxBytes` before anything is sent.
 *
 * @param maxBytes - Largest size that passes, bytes: the canonical text as UTF-8 and the attachments as they are.
 * @param send - The next link.
 */
export function withMaxBytes(maxBytes: number, send: Send): Send {
  return async (report, options) => {
    const bytes = reportBytes(report);
    return bytes > maxBytes ? toTooLarge(bytes, maxBytes) : send(report, options);
  };
}
