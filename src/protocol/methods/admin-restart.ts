// admin/restart: drain, end, and be started anew. Answered before the drain begins.

import { z } from 'zod';
import type { MethodSpec } from '../method-spec.ts';

/** `graceMs` as in `admin/shutdown`. `by`: `itself` = the same process begins anew, with the same `--set`; `launcher` = the launcher
 * starts another one; `supervisor` = it ends with exit code 75 (Windows), and whoever looks after it starts it. Errors: request_failed (reason `config_invalid`) when the configuration on the
 * disk would not let it start again; shutting_down once it was asked to stop for good. */
export const adminRestart = {
  name: 'admin/restart',
  sinceVersion: 1,
  scopes: ['admin'],
  rateClass: 'calls',
  whileStopping: true,
  params: z.strictObject({ graceMs: z.int().min(0).max(300_000).optional() }),
  result: z.object({ pid: z.int(), graceMs: z.int(), by: z.enum(['itself', 'launcher', 'supervisor']) }),
} as const satisfies MethodSpec;
