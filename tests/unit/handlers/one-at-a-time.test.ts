import { describe, expect, it } from 'vitest';
import { oneAtATime } from '../../../src/handlers/one-at-a-time.ts';
import type { CallContext, Handler } from '../../../src/protocol/handler.ts';
import { queueCompact } from '../../../src/protocol/methods/queue-compact.ts';

const result = { freedBytes: 1, fileBytes: 2 };

/** A method whose calls end when they are told to. */
function open() {
  const ends: PromiseWithResolvers<typeof result>[] = [];
  const handler: Handler<typeof queueCompact, null> = () => {
    const end = Promise.withResolvers<typeof result>();
    ends.push(end);
    return end.promise;
  };
  const alone = oneAtATime(queueCompact, handler);
  // The handler looks at none of it.
  return { ends, call: () => alone(null, {}, {} as CallContext) };
}

describe('oneAtATime()', () => {
  it('refuses a second call while the first runs, and names what runs', async () => {
    const { ends, call } = open();
    const first = call();

    const second = call();
    ends[0]?.resolve(result);

    await expect(second).rejects.toMatchObject({
      code: 'busy',
      data: { reason: 'queue/compact', retryAfterMs: 1_000 },
    });
    expect([await first, ends.length]).toEqual([result, 1]);
  });

  it('is free again after an end and after a failure', async () => {
    const { ends, call } = open();
    const failed = call();
    ends[0]?.reject(new Error('no'));
    await expect(failed).rejects.toThrow('no');

    const second = call();
    ends[1]?.resolve(result);

    expect(await second).toEqual(result);
    void call();
    expect(ends.length).toBe(3);
  });
});
