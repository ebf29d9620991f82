// Shapes that several methods share.

import { z } from 'zod';

/** A submission or report id as a parameter. */
export const idParam = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'must be a lower-case UUID');

/** Arguments in one call, and their bytes as JSON: no manifest needs more, and every caller behind it waits while they are read. */
const MAX_ARGUMENTS = 100;
const MAX_ARGUMENT_NAME = 100;
const ARGUMENT_BYTES = 16_384;

function areArguments(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const names = Object.keys(value);
  if (names.length > MAX_ARGUMENTS || names.some((name) => name.length > MAX_ARGUMENT_NAME)) return false;
  return Buffer.byteLength(JSON.stringify(value)) <= ARGUMENT_BYTES;
}

/**
 * Arguments of a converter: at most 100, 16,384 bytes as JSON. What each of them may be, its manifest says. Not walked by the
 * schema library: it takes 0.3 s for the values that fit into one frame (measured).
 */
export const argumentsParam = z
  .custom<Record<string, unknown>>(
    areArguments,
    `must be an object of at most 100 arguments, ${ARGUMENT_BYTES} bytes as JSON`,
  )
  .meta({ type: 'object', propertyNames: { maxLength: MAX_ARGUMENT_NAME }, maxProperties: MAX_ARGUMENTS });

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
