// What the status says of a queue that never answered: nothing, in the shape of its counts.

import { DELIVERY_STATES, SUBMISSION_STATES } from '../core/states.ts';
import type { StoreStats } from '../store/types.ts';

function zeroes<S extends string>(states: readonly S[]): Readonly<Record<S, number>> {
  // Trust: one entry per state, by construction.
  return Object.fromEntries(states.map((state) => [state, 0])) as Record<S, number>;
}

/** All counts 0, no bound, so that nothing but the silence itself is a reason. */
export const UNKNOWN_STATS: StoreStats = {
  items: 0,
  maxItems: 0,
  submissions: zeroes(SUBMISSION_STATES),
  deliveries: zeroes(DELIVERY_STATES),
  bytes: { submissions: 0, reports: 0, reserved: 0, max: 0 },
  disk: { freeBytes: 0, floorBytes: 0, ballast: 'off' },
  pauses: [],
  oldestReadyAgeMs: null,
  refusals: {},
  today: { submissions: 0, reports: 0, delivered: 0, failed: 0, lastDeliveryUnixMs: null },
};
