// The protocol's description of itself: every method with its JSON Schemas.

import { z } from 'zod';
import type { MethodSpec, ResultOf } from './method-spec.ts';
import type { rpcDescribe } from './methods/rpc-describe.ts';
import { PROTOCOL } from './version.ts';

function toJsonSchema(schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> {
  return { ...z.toJSONSchema(schema, { target: 'draft-7', io, unrepresentable: 'any' }) };
}

/**
 * Describe methods as `rpc/describe` answers.
 *
 * @param specs - The methods that work.
 */
export function describeProtocol(specs: readonly MethodSpec[]): ResultOf<typeof rpcDescribe> {
  return {
    protocol: { ...PROTOCOL },
    methods: specs.map((spec) => ({
      name: spec.name,
      scope: [...spec.scopes],
      class: spec.rateClass,
      since: spec.sinceVersion,
      params: toJsonSchema(spec.params, 'input'),
      result: toJsonSchema(spec.result, 'output'),
    })),
  };
}
