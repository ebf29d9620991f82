// Does a writing call once for each key: the second call waits for the first, and is answered the same.

import { AirlockError } from '../core/errors.ts';
import type { CallAnswer, CallKey } from './call-answers.ts';
import { hash } from './hash.ts';
import type { QueueStore } from './queue-types.ts';
import { makeRunningKeys } from './running-keys.ts';

/** What {@link makeOnce} needs of the store's thread. */
export type OnceDeps = {
  readonly find: (call: CallKey) => Promise<CallAnswer | null>;
  readonly keep: (call: CallKey & CallAnswer) => Promise<void>;
};

/**
 * Make the call.
 *
 * Order: an answer is kept after its work. A crash between the two lets the same call be done again: what it asks for is a state, or an
 * upload with the same id, so that twice is as good as once. After a failure or an abort the key is free.
 */
export function makeOnce({ find, keep }: OnceDeps): QueueStore['once'] {
  const running = makeRunningKeys();
  return ({ kid, key, content }, work) =>
    running.run(JSON.stringify([kid, key]), async () => {
      const callSha256 = hash(content);
      const first = await find({ kid, key });
      if (first === null) {
        const answer = await work();
        await keep({ kid, key, callSha256, answer: JSON.stringify(answer) });
        return answer;
      }
      if (first.callSha256 === callSha256) return JSON.parse(first.answer);
      throw new AirlockError('conflict', 'Cannot run call: its idempotencyKey was used for another one');
    });
}
