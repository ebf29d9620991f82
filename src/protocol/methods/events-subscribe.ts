// events/subscribe: state first, then changes.

import { z } from 'zod';
import { EVENT_TOPICS } from '../events.ts';
import type { MethodSpec } from '../method-spec.ts';

/** Who wants to hear less often than once a minute asks for the state. */
const MAX_INTERVAL_MS = 60_000;
/** Longer than every cursor that was ever written. */
const MAX_CURSOR_CHARS = 200;

/**
 * With `since` the events after that cursor come first and `snapshot` is left out (`resumed: true`), if this run of the daemon still
 * has all of them for this key and these topics; else the answer is as without it. `minIntervalMs` holds for the topics that coalesce.
 * The first event is `seq` + 1.
 *
 * Errors: forbidden (`scope: read`) when a key without `read` asks for more than its own submissions; invalid_params for an unknown
 * topic and for a cursor that this run of the daemon cannot have written; too_large for a state that goes into no frame (`limit`);
 * too_many_in_flight; unavailable.
 */
export const eventsSubscribe = {
  name: 'events/subscribe',
  sinceVersion: 1,
  scopes: ['submit', 'read', 'admin'],
  rateClass: 'calls',
  params: z.strictObject({
    topics: z.array(z.enum(EVENT_TOPICS)).min(1).max(EVENT_TOPICS.length),
    since: z.strictObject({ bootId: z.string().max(100), cursor: z.string().max(MAX_CURSOR_CHARS) }).optional(),
    minIntervalMs: z.int().min(0).max(MAX_INTERVAL_MS).optional(),
  }),
  result: z.object({
    subscription: z.string(),
    bootId: z.string(),
    seq: z.int(),
    cursor: z.string(),
    resumed: z.boolean(),
    /** State by topic; left out when `resumed`. */
    snapshot: z.record(z.string(), z.unknown()).optional(),
  }),
} as const satisfies MethodSpec;
