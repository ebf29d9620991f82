// How large a report is with its attachments.

import type { OutgoingReport } from './send.ts';

type Sized = Pick<OutgoingReport, 'body' | 'attachments'>;

function attachedBytes({ attachments }: Sized): number {
  return attachments.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
}

/**
 * Size of a report: its canonical text as UTF-8 and its attachments, bytes.
 *
 * @param report - As claimed.
 */
export function reportBytes(report: Sized): number {
  return Buffer.byteLength(report.body) + attachedBytes(report);
}

/**
 * Size of the largest form that a destination sends, bytes: attachments inside the text, in base64.
 *
 * @param report - As claimed.
 */
export function inlinedBytes(report: Sized): number {
  return Buffer.byteLength(report.body) + Math.ceil((attachedBytes(report) * 4) / 3);
}
