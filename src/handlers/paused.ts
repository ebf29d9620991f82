// What a person stopped, as the wire shows it.

import type { ResultOf } from '../protocol/method-spec.ts';
import type { queuePause } from '../protocol/methods/queue-pause.ts';
import type { Pause } from '../store/queue-types.ts';
import { toTime } from './rows.ts';

/** The whole queue apart from destinations. */
export function toPaused(pauses: readonly Pause[]): ResultOf<typeof queuePause>['paused'] {
  const whole = pauses.find(({ destination }) => destination === null);
  return {
    since: whole === undefined ? null : toTime(whole.sinceUnixMs),
    destinations: pauses.flatMap(({ destination }) => destination ?? []),
  };
}
