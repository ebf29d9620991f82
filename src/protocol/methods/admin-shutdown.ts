// admin/shutdown: drain, then end. Answered before the drain begins.

import { z } from 'zod';
import type { MethodSpec } from '../method-spec.ts';

/** `graceMs`: time for running calls, conversions and uploads; default `daemon.drain`. */
export const adminShutdown = {
  name: 'admin/shutdown',
  sinceVersion: 1,
  scopes: ['admin'],
  rateClass: 'calls',
  whileStopping: true,
  params: z.strictObject({ graceMs: z.int().min(0).max(300_000).optional() }),
  result: z.object({ pid: z.int(), graceMs: z.int() }),
} as const satisfies MethodSpec;
