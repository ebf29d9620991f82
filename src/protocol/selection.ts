// How a call says which deliveries or submissions it means, and what became of them.

import { z } from 'zod';
import { SKIP_REASONS } from '../core/skip-reasons.ts';
import type { DeliveryState } from '../core/states.ts';
import { destinationParam } from './methods/queue-list.ts';
import { idParam } from './shapes.ts';

/** Things named in one call at most. */
export const MAX_NAMED = 500;

/** A delivery as a parameter. */
export const deliveryParam = z
  .string()
  .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}@[a-z0-9][a-z0-9-]{0,31}$/, 'must be reportId@destination');

/** With the same key a writing call is done once, however often it is sent: known for each key id for `ipc.idempotency`. */
export const keyParam = { idempotencyKey: idParam.optional() };

/**
 * Which deliveries: by `ids` (`reportId@destination`), or by `state` and `destination`, or `all`: one of the three ways.
 *
 * @param states - That a filter may name.
 */
export const deliveriesParams = <const States extends readonly [DeliveryState, ...DeliveryState[]]>(
  states: States,
) => ({
  ids: z.array(deliveryParam).min(1).max(MAX_NAMED).optional(),
  state: z.enum(states).optional(),
  destination: destinationParam.optional(),
  all: z.literal(true).optional(),
  dryRun: z.boolean().default(false),
  ...keyParam,
});

/** What became of what was meant; `skipped` has what was named and stays as it is. */
export const handResultSchema = z.object({
  /** Changed, or with `dryRun` what would be. */
  count: z.int(),
  dryRun: z.boolean(),
  skipped: z.array(z.object({ id: z.string(), reason: z.enum(SKIP_REASONS) })),
});
