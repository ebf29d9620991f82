// Writing calls that may carry an idempotencyKey: with the same key a call is done once, however often it is sent.

import type { Handler } from '../protocol/handler.ts';
import type { MethodSpec, ParamsOf, ResultOf } from '../protocol/method-spec.ts';
import type { QueueStore } from '../store/queue-types.ts';

type Keyed = { readonly idempotencyKey?: string | undefined };

/** A method whose params have `idempotencyKey`. */
export type KeyedSpec = MethodSpec & { readonly params: { readonly _zod: { readonly output: Keyed } } };

/** Where answers are kept. */
export type OnceDeps = { readonly store: Pick<QueueStore, 'once'> };

/**
 * Answer a call that comes again under its key as it was answered first.
 *
 * @param spec - The method; its params have `idempotencyKey`.
 * @param handler - Does it.
 * @returns The handler, with one more error: conflict when the key was used for another call.
 */
export function onceByKey<Spec extends KeyedSpec, Deps>(
  spec: Spec,
  handler: Handler<Spec, Deps>,
): Handler<Spec, Deps & OnceDeps> {
  return (deps, params, context) => {
    const { idempotencyKey: key, ...content }: ParamsOf<Spec> & Keyed = params;
    if (key === undefined) return handler(deps, params, context);
    const call = { kid: context.caller.kid, key, content: JSON.stringify([spec.name, content]) };
    // Trust: what was kept was an answer of this method, and is held against its schema once more before it leaves.
    return deps.store.once(call, () => handler(deps, params, context)) as Promise<ResultOf<Spec>>;
  };
}
