// The way from a command to the running daemon: one place that knows the client library.

import { setTimeout as delay } from 'node:timers/promises';
import { type Client, connect } from '../client/connect.ts';
import { AirlockError } from '../core/errors.ts';
import type { CliContext } from './context.ts';

const FIRST_RETRY_MS = 20;
const LONGEST_RETRY_MS = 500;

/**
 * Connect as the key that `--key` names, else as the client library chooses.
 *
 * @param context - The command's context.
 * @throws {AirlockError} not_running when no daemon answers for this home; unauthenticated; unsupported_protocol; unavailable.
 */
export function connectDaemon(context: CliContext): Promise<Client> {
  const { places, env, key, version, signal } = context;
  return connect({
    places,
    env,
    ...(key === null ? {} : { key }),
    client: { name: 'airlock-cli', version },
    // A command says at once that the daemon is gone; those that wait for it connect again by themselves.
    reconnect: false,
    signal,
  });
}

const PATIENCE_MS = 3_600_000;

/** Options of a call that may go through all there is: it has an hour, and ends with the command's interrupt. */
export const patiently = ({ signal }: Pick<CliContext, 'signal'>) => ({ signal, deadlineMs: PATIENCE_MS });

/**
 * Connect, again and again until somebody answers.
 *
 * @param context - The command's context.
 * @param options - `timeoutMs` over all tries.
 * @throws {AirlockError} deadline_exceeded when nobody answered in time; what {@link connectDaemon} throws for any other reason.
 */
export async function connectWhenUp(
  context: CliContext,
  { timeoutMs }: { readonly timeoutMs: number },
): Promise<Client> {
  const end = context.clock.monotonicMs() + timeoutMs;
  for (let waitMs = FIRST_RETRY_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_RETRY_MS)) {
    try {
      return await connectDaemon(context);
    } catch (error) {
      const isNotYet = error instanceof AirlockError && (error.code === 'not_running' || error.code === 'unavailable');
      if (!isNotYet) throw error;
      if (context.clock.monotonicMs() + waitMs > end) {
        throw new AirlockError('deadline_exceeded', `Cannot connect: nobody answered within ${timeoutMs} ms`, {
          cause: error,
        });
      }
    }
    // This timer holds the process: nothing else does while nobody answers.
    await delay(waitMs, undefined, { signal: context.signal });
  }
}
