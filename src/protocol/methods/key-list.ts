// key/list: the IPC keys of this daemon, never a secret.

import { z } from 'zod';
import { SCOPES } from '../../core/scopes.ts';
import type { MethodSpec } from '../method-spec.ts';

/** The name of a key, as a parameter. */
export const kidParam = z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'must be the name of a key');

const keyRowSchema = z.object({
  kid: z.string(),
  scopes: z.array(z.enum(SCOPES)),
  label: z.string().nullable(),
  createdAt: z.string().nullable(),
  /** When a key that was rotated becomes void; null for one that stays. */
  expiresAt: z.string().nullable(),
  /** The key that this call was made with. */
  own: z.boolean(),
});

/** All of them, sorted by name: there are 128 at most. */
export const keyList = {
  name: 'key/list',
  sinceVersion: 1,
  scopes: ['admin'],
  rateClass: 'calls',
  params: z.strictObject({}),
  result: z.object({ items: z.array(keyRowSchema) }),
} as const satisfies MethodSpec;
