// key/revoke: a key is void from now on, whoever uses it.

import { z } from 'zod';
import type { MethodSpec } from '../method-spec.ts';
import { keyParam } from '../selection.ts';
import { kidParam } from './key-list.ts';

/**
 * Void at once: its connections end with a last `$/goaway` (`key_revoked`), their calls with `unauthenticated`; then its file is
 * removed for good. Errors: not_found; request_failed (`own_key`, `last_admin_key`) unless forced; unavailable (`keys_folder`)
 * when the file stays: the key is void all the same, until the next start; conflict.
 */
export const keyRevoke = {
  name: 'key/revoke',
  sinceVersion: 1,
  scopes: ['admin'],
  rateClass: 'calls',
  params: z.strictObject({ kid: kidParam, force: z.boolean().default(false), ...keyParam }),
  result: z.object({
    kid: z.string(),
    /** How many were ended. */
    connections: z.int(),
  }),
} as const satisfies MethodSpec;
