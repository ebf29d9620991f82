// key/create: a new IPC key in a file of its own; the answer says where, never the key.

import { z } from 'zod';
import { SCOPES } from '../../core/scopes.ts';
import type { MethodSpec } from '../method-spec.ts';
import { keyParam } from '../selection.ts';
import { kidParam } from './key-list.ts';

// One line that can stand in a terminal and in a log.
const labelParam = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[^\p{Cc}\p{Bidi_Control}]*$/u, 'must hold no control characters');

/**
 * Valid at once. Errors: invalid_params for a name that the daemon makes itself (`local`, `group-…`); conflict (`exists`, or the idempotency key was
 * used for another call);
 * request_failed (`too_many_keys`, with `limit`); unavailable (`keys_folder`).
 */
export const keyCreate = {
  name: 'key/create',
  sinceVersion: 1,
  scopes: ['admin'],
  rateClass: 'calls',
  params: z.strictObject({
    kid: kidParam,
    scopes: z
      .array(z.enum(SCOPES))
      .min(1)
      .max(SCOPES.length)
      .refine((scopes) => new Set(scopes).size === scopes.length, 'must name each scope once'),
    label: labelParam.optional(),
    ...keyParam,
  }),
  result: z.object({
    kid: z.string(),
    scopes: z.array(z.enum(SCOPES)),
    label: z.string().nullable(),
    createdAt: z.string().nullable(),
    /** The file, on the daemon's machine. */
    path: z.string(),
  }),
} as const satisfies MethodSpec;
