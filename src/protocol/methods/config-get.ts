// config/get: the configuration on the disk of the daemon, secrets hidden.

import { z } from 'zod';
import type { MethodSpec } from '../method-spec.ts';

/** Where a value comes from. */
const originSchema = z.object({
  origin: z.enum(['default', 'file', 'environment', 'command line']),
  file: z.string().optional(),
  line: z.int().optional(),
  variable: z.string().optional(),
});

/** A configuration as a person would write it. Source: configuration.md 4. */
const shownConfigSchema = z.object({
  path: z.string(),
  /** Of the file; null without one. */
  etag: z.string().nullable(),
  version: z.int(),
  state: z.enum(['ok', 'defaults', 'invalid']),
  config: z.record(z.string(), z.unknown()),
  /** Key path → where the value comes from. */
  origins: z.record(z.string(), originSchema).optional(),
});

/** `effective`: with every default; else what is set. Errors: request_failed (reason `config_invalid`) when nothing could be in force. */
export const configGet = {
  name: 'config/get',
  sinceVersion: 1,
  scopes: ['read', 'admin'],
  rateClass: 'calls',
  params: z.strictObject({ effective: z.boolean().default(false), origins: z.boolean().default(false) }),
  result: shownConfigSchema,
} as const satisfies MethodSpec;
