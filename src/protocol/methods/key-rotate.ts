// key/rotate: a new key in the place of an old one; for a while both are valid.

import { z } from 'zod';
import type { MethodSpec } from '../method-spec.ts';
import { keyParam } from '../selection.ts';
import { kidParam } from './key-list.ts';

const MAX_KEEP_MS = 30 * 86_400_000;

/**
 * A new key `<kid>-r2` (`-r3` …) with the same scopes and label; the old one stays valid for `keepMs` (24 h unless said) and is void
 * then. With `keepMs` 0 the key keeps its name, its secret is another, and its connections end as in key/revoke. `local` and
 * `group-…` are found by their names, so for them 0 is all there is.
 *
 * Errors: not_found; invalid_params (`keeps_name`); request_failed (`expires`: rotated already; `too_many_keys`); unavailable
 * (`keys_folder`); conflict.
 */
export const keyRotate = {
  name: 'key/rotate',
  sinceVersion: 1,
  scopes: ['admin'],
  rateClass: 'calls',
  params: z.strictObject({ kid: kidParam, keepMs: z.int().min(0).max(MAX_KEEP_MS).optional(), ...keyParam }),
  result: z.object({
    /** The new key; the same name where nothing is kept. */
    kid: z.string(),
    /** Its file, on the daemon's machine. */
    path: z.string(),
    /** The old key while it stays valid. */
    previous: z.object({ kid: z.string(), expiresAt: z.string().nullable() }).nullable(),
    /** How many were ended. */
    connections: z.int(),
  }),
} as const satisfies MethodSpec;
