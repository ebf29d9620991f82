// Follows submissions to their end over as many connections as that takes: a daemon that is restarted meanwhile is waited for.

import type { Client } from '../../client/connect.ts';
import { type FollowOptions, openFollower } from './follow.ts';
import { isLost } from './send.ts';

/** What following needs of a connection. */
export type FollowClient = Pick<Client, 'call' | 'subscribe'>;

/** A connection, and how to get another. `reconnect` gives up by itself. */
export type FollowLink = { readonly client: FollowClient; readonly reconnect: () => Promise<FollowClient> };

/**
 * Follow until every one has come to an end, or the signal aborts; after a lost connection go on with the next.
 *
 * @param link - See {@link FollowLink}.
 * @param submissionIds - Any that this key may see.
 * @param options - As for one connection; `newest` has what was seen, also when this fails.
 * @throws what `reconnect` throws; whatever else the daemon answered.
 */
export async function followOn(
  { client, reconnect }: FollowLink,
  submissionIds: readonly string[],
  options: FollowOptions,
): Promise<void> {
  for (let current = client; ; current = await reconnect()) {
    try {
      await using follower = await openFollower(current);
      await follower.wait(submissionIds, options);
      return;
    } catch (error) {
      if (options.signal.aborted || !isLost(error)) throw error;
    }
  }
}
