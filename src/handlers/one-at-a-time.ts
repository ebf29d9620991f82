// Calls that are hard work for the store: of each method one runs, however many ask for it.

import { AirlockError } from '../core/errors.ts';
import type { Handler } from '../protocol/handler.ts';
import type { MethodSpec } from '../protocol/method-spec.ts';

const RETRY_AFTER_MS = 1_000;

/**
 * Let one call of a method run at a time.
 *
 * @param spec - The method.
 * @param handler - Does it.
 * @returns The handler, with one more error: busy, `data.reason` the method that runs.
 */
export function oneAtATime<Spec extends MethodSpec, Deps>(
  spec: Spec,
  handler: Handler<Spec, Deps>,
): Handler<Spec, Deps> {
  let isRunning = false;
  return async (deps, params, context) => {
    if (isRunning) {
      const data = { reason: spec.name, retryAfterMs: RETRY_AFTER_MS };
      throw new AirlockError('busy', `Cannot run ${spec.name}: another ${spec.name} runs`, { data });
    }
    isRunning = true;
    try {
      return await handler(deps, params, context);
    } finally {
      isRunning = false;
    }
  };
}
