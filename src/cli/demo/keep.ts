// The demo that stays: an inbox to drop files into, until it is interrupted.

import path from 'node:path';
import type { Client } from '../../client/connect.ts';
import type { SubmissionState } from '../../core/states.ts';
import type { Places } from '../../disk/places.ts';
import { type Output, toPrintableLine } from '../output.ts';

/** Name of the watch folder, and of its folder in the demo's home. */
const INBOX = 'inbox';

const SHOWN: readonly SubmissionState[] = [
  'converted',
  'skipped',
  'rejected',
  'failed',
  'stopped',
  'crashed',
  'waiting',
];

/** The demo's inbox. */
export const inboxPath = (places: Pick<Places, 'home'>): string => path.join(places.home, INBOX);

/** The configuration of a demo that stays: one inbox that is quick to take files. */
export const KEEP_CONFIG = {
  version: 2,
  intake: { folders: { [INBOX]: { path: INBOX, settle: '500 ms' } } },
} as const;

/**
 * Say where things are, and then what becomes of each file, until aborted or until the daemon is gone.
 *
 * @param client - A connection with `read`.
 */
export async function watchInbox(
  client: Client,
  { output, places }: { readonly output: Output; readonly places: Places },
  { signal }: { readonly signal: AbortSignal },
): Promise<void> {
  output.line(`\nThe daemon stays. Drop files here:  ${inboxPath(places)}`);
  output.line(`Reports are delivered here:         ${places.delivered}`);
  output.line(`Ask it:                             npx airlock status --home ${places.home}`);
  output.line('Stop it and remove all of it:       Ctrl-C');
  await using subscription = await client.subscribe(['submission'], { signal });
  const stop = (): void => void subscription[Symbol.asyncDispose]();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  for await (const event of subscription) {
    if (event.topic !== 'submission') continue;
    const { data } = event;
    if (SHOWN.every((state) => state !== data.state)) continue;
    output.line(toPrintableLine(`${data.name}: ${data.state}${data.reason === undefined ? '' : ` (${data.reason})`}`));
  }
}
