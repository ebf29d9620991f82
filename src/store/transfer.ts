// Buffers that change threads with their message instead of being copied once more.

import type { Settled } from './messages.ts';
import type { StoreRequest } from './operations.ts';
import type { PlacedEnd } from './placed-end.ts';
import type { Claim, ClaimedDelivery, StoredAttachment } from './types.ts';

/**
 * The end with attachments of its own. The buffers of a request leave the main thread, and a caller may have to ask again
 * with the same end.
 *
 * @param end - As the caller gave it; left as it is.
 */
export function withOwnAttachments(end: PlacedEnd): PlacedEnd {
  if (end.state !== 'converted') return end;
  const own = ({ sha256, bytes }: StoredAttachment): StoredAttachment => ({ sha256, bytes: new Uint8Array(bytes) });
  const reports = end.reports.map((report) => ({ ...report, attachments: report.attachments.map(own) }));
  return { ...end, reports };
}

/** Bytes of all attachments that a submission ends with. */
export function attachedBytes(end: PlacedEnd): number {
  return attachmentsOf(end).reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
}

function attachmentsOf(end: PlacedEnd): readonly StoredAttachment[] {
  return end.state === 'converted' ? end.reports.flatMap(({ attachments }) => attachments) : [];
}

function buffersOf(attachments: readonly StoredAttachment[]): readonly ArrayBuffer[] {
  return attachments.flatMap(({ bytes: { buffer } }) => (buffer instanceof ArrayBuffer ? [buffer] : []));
}

/**
 * Buffers that leave the main thread with a request: those of the attachments.
 *
 * @param request - Made by `open.ts`, which owns them.
 */
export function buffersOfRequest(request: StoreRequest): readonly ArrayBuffer[] {
  return request.method === 'endSubmission' ? buffersOf(attachmentsOf(request.args[1])) : [];
}

/**
 * Buffers that leave the store's thread with its answers: those of the attachments of claimed deliveries.
 *
 * @param requests - What is answered; the database gives each claim buffers of its own.
 * @param settled - The answers to some of them.
 */
export function buffersOfSettled(requests: readonly StoreRequest[], { answers }: Settled): readonly ArrayBuffer[] {
  const claims = new Set(requests.filter(({ method }) => method === 'claimDelivery').map(({ id }) => id));
  return answers.flatMap(({ id, reply }) => {
    if (reply.kind !== 'value' || !claims.has(id)) return [];
    // Trust: the thread answers with the type of its method.
    const claim = reply.value as Claim<ClaimedDelivery>;
    return claim.kind === 'claimed' ? buffersOf(claim.item.attachments) : [];
  });
}
