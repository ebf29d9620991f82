// Shapes that several methods share.

import { z } from 'zod';

/** A submission or report id as a parameter. */
export const idParam = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'must be a lower-case UUID');

/** Paging of lists: `{limit? ≤ 500 (100), cursor?}`. Source: protocol.md 13. */
export const pageParams = { limit: z.int().min(1).max(500).default(100), cursor: z.string().max(200).optional() };

/** A time, RFC 3339 in UTC. */
export const time = z.string();

/** Counts by state, every state named. */
export const countsByState = z.record(z.string(), z.int());

/** A failure as a list or detail shows it. `file`, `line`, `column` are the converter's, never the machine's. */
export const failureSchema = z.object({
  code: z.string(),
  message: z.string(),
  file: z.string().nullable().optional(),
  line: z.int().nullable().optional(),
  column: z.int().nullable().optional(),
  limit: z.string().optional(),
  used: z.number().optional(),
  allowed: z.number().optional(),
});

/** A finding of the gate or of the configuration. */
export const findingSchema = z.object({
  severity: z.enum(['error', 'warning', 'info']),
  code: z.string(),
  path: z.string(),
  file: z.string().nullable(),
  line: z.int().nullable(),
  column: z.int().nullable(),
  message: z.string(),
  suggestion: z.string().optional(),
});
