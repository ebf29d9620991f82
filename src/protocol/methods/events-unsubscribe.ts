// events/unsubscribe: end one subscription of this connection.

import { z } from 'zod';
import type { MethodSpec } from '../method-spec.ts';

/** Errors: not_found when this connection has no such subscription. */
export const eventsUnsubscribe = {
  name: 'events/unsubscribe',
  sinceVersion: 1,
  scopes: ['submit', 'read', 'admin'],
  rateClass: 'free',
  params: z.strictObject({ subscription: z.string().max(100) }),
  result: z.object({}),
} as const satisfies MethodSpec;
