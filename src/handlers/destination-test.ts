// Answers destination/test.

import { AirlockError } from '../core/errors.ts';
import type { TestStep } from '../delivery/test-destination.ts';
import type { Handler } from '../protocol/handler.ts';
import type { destinationTest } from '../protocol/methods/destination-test.ts';

/** Tries one destination out; null when the configuration has none of that name. */
export type DestinationTester = (
  name: string,
  options: { readonly signal: AbortSignal },
) => Promise<{ readonly type: string; readonly steps: readonly TestStep[] } | null>;

/** @throws {AirlockError} not_found. */
export const handleDestinationTest: Handler<typeof destinationTest, { test: DestinationTester }> = async (
  { test },
  { name },
  { signal },
) => {
  const found = await test(name, { signal });
  if (found === null)
    throw new AirlockError(
      'not_found',
      `Cannot test destination ${name}: the configuration has none of that name; destination/list tells the names`,
    );
  const { type, steps } = found;
  return { name, type, ok: steps.every(({ result }) => result === 'ok'), steps: steps.map((step) => ({ ...step })) };
};
