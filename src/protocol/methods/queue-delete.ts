// queue/delete: deliveries go for good, with the body of a report that nothing else needs.

import { z } from 'zod';
import { DELETABLE_DELIVERY_STATES } from '../../core/states.ts';
import type { MethodSpec } from '../method-spec.ts';
import { deliveriesParams, handResultSchema } from '../selection.ts';

/** `all` means everything that is neither delivered nor being uploaded (`busy`). A report goes with the last of its deliveries; its
 * submission stays. Errors: invalid_params when none or several of the ways are given; conflict. */
export const queueDelete = {
  name: 'queue/delete',
  sinceVersion: 1,
  scopes: ['admin'],
  rateClass: 'calls',
  params: z.strictObject(deliveriesParams(DELETABLE_DELIVERY_STATES)),
  result: handResultSchema,
} as const satisfies MethodSpec;
