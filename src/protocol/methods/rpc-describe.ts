// rpc/describe: the protocol describes itself.

import { z } from 'zod';
import { SCOPES } from '../../core/scopes.ts';
import type { MethodSpec } from '../method-spec.ts';

/** `rpc/describe` `{}` → every method with its schemas. */
export const rpcDescribe = {
  name: 'rpc/describe',
  sinceVersion: 1,
  scopes: [],
  rateClass: 'calls',
  largeResult: true,
  params: z.strictObject({}),
  result: z.object({
    protocol: z.object({ min: z.int(), max: z.int() }),
    methods: z.array(
      z.object({
        name: z.string(),
        /** Any one of these; empty = every key. */
        scope: z.array(z.enum(SCOPES)),
        class: z.enum(['calls', 'submit', 'free']),
        since: z.int(),
        params: z.record(z.string(), z.unknown()),
        result: z.record(z.string(), z.unknown()),
      }),
    ),
  }),
} as const satisfies MethodSpec;
