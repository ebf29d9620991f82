import { describe, expect, it } from 'vitest';
import { lookOnChange } from '../../../src/cli/look-on-change.ts';
import type { AirlockEvent } from '../../../src/client/event-items.ts';

const event = (seq: number): AirlockEvent => ({ topic: 'lagged', from: seq, seq });

/** Events that a test lets go. */
function makeFeed() {
  const waiting: AirlockEvent[] = [];
  let changed = Promise.withResolvers<void>();
  let end: { readonly error: Error | null } | null = null;
  const ring = (): void => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  async function* events(): AsyncGenerator<AirlockEvent> {
    for (;;) {
      const next = waiting.shift();
      if (next !== undefined) yield next;
      else if (end?.error) throw end.error;
      else if (end !== null) return;
      else await changed.promise;
    }
  }
  return {
    events: events(),
    push: (...more: AirlockEvent[]) => (waiting.push(...more), ring()),
    end: (error: Error | null = null) => ((end = { error }), ring()),
  };
}

describe('lookOnChange()', () => {
  it('looks at once, and not again when that is enough', async () => {
    const feed = makeFeed();
    let looks = 0;

    expect(await lookOnChange(feed.events, { notice: () => true, look: async () => (looks += 1) === 1 })).toBe(true);
    expect(looks).toBe(1);
  });

  it('looks once for however many changes came meanwhile', async () => {
    const feed = makeFeed();
    let looks = 0;
    const look = async (): Promise<boolean> => {
      looks += 1;
      if (looks === 1) feed.push(...Array.from({ length: 100 }, (_none, index) => event(index)));
      if (looks === 2) feed.push(event(100));
      return looks === 3;
    };

    expect(await lookOnChange(feed.events, { notice: () => true, look })).toBe(true);
  });

  it('does not look for a change that is not worth it', async () => {
    const feed = makeFeed();
    let looks = 0;
    const looking = lookOnChange(feed.events, {
      notice: ({ seq }) => seq === 3,
      look: async () => (looks += 1) === 2,
    });

    feed.push(event(1), event(2));
    feed.push(event(3));

    expect([await looking, looks]).toEqual([true, 2]);
  });

  it('is false when the events end first, and throws what they end with', async () => {
    const [ended, failed] = [makeFeed(), makeFeed()];
    const looking = { notice: () => true, look: () => Promise.resolve(false) };
    ended.end();
    failed.end(new Error('lost'));

    expect(await lookOnChange(ended.events, looking)).toBe(false);
    await expect(lookOnChange(failed.events, looking)).rejects.toThrow('lost');
  });
});
