// One signature for every way of delivering: destinations, time limits and observation are links of one chain.

import type { AttachmentBytes } from '../report/stamp.ts';

/** A report on its way out. */
export type OutgoingReport = {
  readonly reportId: string;
  readonly revision: number;
  /** Canonical report as JSON text. */
  readonly body: string;
  /** Each hash once. What the body names without its bytes is not here. */
  readonly attachments: readonly AttachmentBytes[];
  readonly sha256: string;
  readonly acceptedAtUnixMs: number;
};

/** How one attempt ended. `answer` holds the destination's own words, cut to 2 KiB. Source: queue.md 3, classification. */
export type SendOutcome =
  | { readonly kind: 'delivered'; readonly serverId: string | null; readonly answer: string | null }
  /** Nothing was sent: this report cannot be put into the destination's form or passes its size limit. */
  | { readonly kind: 'unsendable'; readonly reason: string; readonly error: string }
  /** The destination answered that it will never take this report. */
  | { readonly kind: 'refused'; readonly reason: string; readonly error: string; readonly answer: string | null }
  /** The destination's configuration is wrong: hold it, charge nobody. */
  | { readonly kind: 'misconfigured'; readonly reason: string; readonly error: string; readonly answer: string | null }
  /** Passing trouble. `retryAfterMs` set: the whole destination waits that long and the attempt is not charged. */
  | {
      readonly kind: 'transient';
      readonly reason: string;
      readonly error: string;
      readonly answer: string | null;
      readonly retryAfterMs: number | null;
    }
  /** A success status without a sign that the server stored it: the same id again, three in a row hold the destination. */
  | { readonly kind: 'ambiguous'; readonly error: string; readonly answer: string | null };

/** Deliver one report once. Never throws for what a destination does; rejects with `signal.reason` when aborted. */
export type Send = (report: OutgoingReport, options: { readonly signal: AbortSignal }) => Promise<SendOutcome>;
