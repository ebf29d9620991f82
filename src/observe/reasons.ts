// Why the daemon is degraded: one entry per code and subject, kept until it is cleared. Pure but for the clock.

import type { Clock } from '../core/clock.ts';

// Codes of reasons. Source: configuration.md 4.
const REASON_CODES = [
  'config_invalid',
  'config_missing',
  'secret_missing',
  'folder_missing',
  'file_unreadable',
  'converter_quarantined',
  'converter_pending',
  'sandbox_wall_missing',
  'no_runner',
  'destination_held',
  'destination_down',
  'queue_nearly_full',
  'disk_low',
  'store_failed',
  'memory',
  'post_action_failed',
  'policy',
] as const;
/** Code of a reason. */
export type ReasonCode = (typeof REASON_CODES)[number];

/** What is wrong with whom, and the command or sentence that mends it. */
export type ReasonInput = {
  readonly code: ReasonCode;
  /** Name of the folder, converter, destination …; empty when there is only one such thing. */
  readonly subject: string;
  readonly message: string;
  readonly action: string;
};

/** A reason that holds; `since` is RFC 3339 in UTC. */
export type Reason = ReasonInput & { readonly since: string };

/** The list of reasons. */
export type Reasons = {
  /** Add a reason, or give the one with this code and subject new words; its `since` stays. */
  readonly set: (reason: ReasonInput) => void;
  /** Take a reason away; nothing happens when it is not there. */
  readonly clear: (code: ReasonCode, subject: string) => void;
  /** All of them, oldest first. Empty = not degraded. */
  readonly list: () => readonly Reason[];
};

/** How many reasons are kept; further ones are not taken until some are cleared. */
export const MAX_REASONS = 200;

/**
 * Make an empty list.
 *
 * @param clock - For `since`.
 */
export function makeReasons(clock: Pick<Clock, 'nowUnixMs'>): Reasons {
  const reasons = new Map<string, Reason>();
  const keyOf = (code: ReasonCode, subject: string): string => `${code} ${subject}`;
  return {
    set: ({ code, subject, message, action }) => {
      const key = keyOf(code, subject);
      const known = reasons.get(key);
      if (known === undefined && reasons.size >= MAX_REASONS) return;
      const since = known?.since ?? new Date(clock.nowUnixMs()).toISOString();
      // A map keeps the place of a key that it knows, so the order stays oldest first.
      reasons.set(key, { code, since, subject, message, action });
    },
    clear: (code, subject) => void reasons.delete(keyOf(code, subject)),
    list: () => [...reasons.values()],
  };
}
