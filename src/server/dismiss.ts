// Letting go of the connections of one key that is void, while all others go on. Source: protocol.md 3, "revoking a kid".

import type { Clock } from '../core/clock.ts';
import type { AirlockError } from '../core/errors.ts';
import type { Connection } from './connection.ts';
import { FLUSH_MS } from './deps.ts';
import { atMost } from './drain.ts';

/** What the peers are told. */
export type DismissOptions = {
  /** Word of the last `$/goaway`. */
  readonly reason: string;
  /** What running calls end with. */
  readonly failure: AirlockError;
};

/**
 * Say goodbye, end every call that is not decided, let the answers leave, close.
 *
 * Order: the caller has seen to it that these connections start no call any more.
 *
 * @param clock - For the time that answers get to leave.
 * @param connections - Those that have to go.
 * @param options - What they are told.
 */
export async function dismissConnections(
  { clock, bootId }: { readonly clock: Pick<Clock, 'after'>; readonly bootId: string },
  connections: readonly Connection[],
  { reason, failure }: DismissOptions,
): Promise<void> {
  const dismiss = async (connection: Connection): Promise<void> => {
    connection.goaway({ reason, bootId });
    const { session } = connection;
    session?.abortCalls(failure);
    // Order: the call that revoked its own key is decided, and is answered before its connection ends.
    if (session !== null) await atMost(clock, session.idle(), { graceMs: FLUSH_MS });
    await connection.end(FLUSH_MS);
  };
  await Promise.all(connections.map(dismiss));
}
