// queue/get: one delivery.

import { z } from 'zod';
import type { MethodSpec } from '../method-spec.ts';
import { deliveryParam } from '../selection.ts';
import { queuedDeliverySchema } from './queue-list.ts';

/** By its name `reportId@destination`: of the newest revision. Errors: not_found. */
export const queueGet = {
  name: 'queue/get',
  sinceVersion: 1,
  scopes: ['read', 'admin'],
  rateClass: 'calls',
  params: z.strictObject({ id: deliveryParam }),
  result: queuedDeliverySchema,
} as const satisfies MethodSpec;
