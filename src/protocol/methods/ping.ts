// ping: is anyone there? Free of charge, answered also while stopping.

import { z } from 'zod';
import type { MethodSpec } from '../method-spec.ts';

/** `ping` `{}` → `{bootId, uptimeMs}`. */
export const ping = {
  name: 'ping',
  sinceVersion: 1,
  scopes: [],
  rateClass: 'free',
  whileStopping: true,
  params: z.strictObject({}),
  result: z.object({ bootId: z.string(), uptimeMs: z.int() }),
} as const satisfies MethodSpec;
