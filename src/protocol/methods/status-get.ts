// status/get: one screen about the whole daemon.

import { z } from 'zod';
import type { MethodSpec } from '../method-spec.ts';
import { findingSchema, time } from '../shapes.ts';
import { watchFolderSchema } from './intake-list.ts';
import { queueStatsSchema } from './queue-stats.ts';

/** Why the daemon is degraded: `action` is a command or a sentence that mends it. Codes: configuration.md 4. */
const reasonSchema = z.object({
  code: z.string(),
  since: time,
  subject: z.string(),
  message: z.string(),
  action: z.string(),
});

/** `status/get` `{}`. */
export const statusGet = {
  name: 'status/get',
  sinceVersion: 1,
  scopes: ['read', 'admin'],
  rateClass: 'calls',
  whileStopping: true,
  params: z.strictObject({}),
  result: z.object({
    state: z.enum(['starting', 'ready', 'degraded', 'draining']),
    reasons: z.array(reasonSchema),
    version: z.string(),
    bootId: z.string(),
    instance: z.string(),
    pid: z.int(),
    uptimeMs: z.int(),
    queue: queueStatsSchema,
    destinations: z.array(
      z.object({
        name: z.string(),
        type: z.string(),
        state: z.enum(['up', 'waiting', 'held', 'disabled']),
        reason: z.string().nullable(),
        since: time.nullable(),
        nextTryAt: time.nullable(),
      }),
    ),
    intake: z.array(watchFolderSchema),
    converters: z.array(
      z.object({
        name: z.string(),
        /** Null when it was not read: refused or disabled. */
        version: z.string().nullable(),
        state: z.enum(['approved', 'pending', 'refused', 'disabled']),
        origin: z.string(),
      }),
    ),
    sandbox: z.object({
      runners: z.object({ size: z.int(), busy: z.int(), ready: z.int() }),
      walls: z.array(z.object({ name: z.string(), active: z.boolean(), detail: z.string() })),
    }),
    config: z.object({
      state: z.enum(['ok', 'last-good', 'backup', 'defaults']),
      path: z.string(),
      etag: z.string().nullable(),
      loadedAt: time,
      restart: z.array(z.string()),
      findings: z.array(findingSchema),
    }),
    today: z.object({
      submissions: z.int(),
      reports: z.int(),
      delivered: z.int(),
      failed: z.int(),
      lastDelivery: time.nullable(),
    }),
  }),
} as const satisfies MethodSpec;
