import { describe, expect, it } from 'vitest';
import type { Chunk } from '../../../src/link/framing.ts';
import { makeDownloads } from '../../../src/server/downloads.ts';
import { makeHeldBytes } from '../../../src/server/held-bytes.ts';
import { makeManualClock } from '../../support/manual-clock.ts';

function setUp(limitBytes = 1_000_000_000) {
  const clock = makeManualClock();
  const heldBytes = makeHeldBytes(limitBytes);
  const sent: Chunk[] = [];
  const wire = { isFlowing: true };
  const connect = () =>
    makeDownloads({ clock, heldBytes, send: (chunk) => void sent.push(chunk), isFlowing: () => wire.isFlowing });
  const downloads = connect();
  const shown = () => sent.map(({ streamId, mark, payload }) => [streamId, mark, payload.length]);
  return { clock, wire, downloads, connect, shown };
}

describe('the downloads of a connection', () => {
  it('number results evenly and send nothing without credit', () => {
    const { downloads, shown } = setUp();

    const heads = [downloads.open('a', Buffer.from('abc')), downloads.open('b', Buffer.from('d'))];

    expect(heads.map(({ stream, bytes }) => [stream, bytes])).toEqual([
      [2, 3],
      [4, 1],
    ]);
    expect(shown()).toEqual([]);
  });

  it('send as much as there is credit for, in chunks of at most 64 KiB, the last with the end', () => {
    const { downloads, shown } = setUp();
    downloads.open('a', Buffer.alloc(100_000));

    downloads.credit(2, 70_000);
    downloads.credit(2, 1_000_000);

    expect(shown()).toEqual([
      [2, 'none', 65_536],
      [2, 'none', 4464],
      [2, 'end', 30_000],
    ]);
    expect(downloads.size()).toBe(0);
  });

  it('wait while the wire does not flow', () => {
    const { wire, downloads, shown } = setUp();
    downloads.open('a', Buffer.alloc(10));
    wire.isFlowing = false;

    downloads.credit(2, 10);
    expect(shown()).toEqual([]);
    wire.isFlowing = true;
    downloads.pump();

    expect(shown()).toEqual([[2, 'end', 10]]);
  });

  it.each([
    [2, 0],
    [2, -1],
    [2, 1.5],
    [2, '10'],
    [4, 10],
    ['2', 10],
    [undefined, undefined],
  ])('ignore a credit of %j: %j', (stream, bytes) => {
    const { downloads, shown } = setUp();
    downloads.open('a', Buffer.alloc(10));

    downloads.credit(stream, bytes);

    expect(shown()).toEqual([]);
  });

  it.each([
    [29_999, 1],
    [30_000, 0],
  ])('are held for %i ms without credit: %i', (ms, held) => {
    const { clock, downloads, shown } = setUp();
    downloads.open('a', Buffer.alloc(10));
    clock.advance(20_000);
    downloads.credit(2, 1);

    clock.advance(ms);

    expect(downloads.size()).toBe(held);
    expect(shown().at(-1)?.[1]).toBe(held === 1 ? 'none' : 'abort');
  });

  it.each([
    [32_999, 1],
    [33_000, 0],
    [33_001, 0],
  ])('of 3 MiB are held for %i ms from the first credit, however often there is more: %i', (ms, held) => {
    const { clock, downloads, shown } = setUp();
    downloads.open('a', Buffer.alloc(3 * 1024 * 1024));
    clock.advance(29_999);

    downloads.credit(2, 1);
    for (let left = ms; left > 0; left -= 10_000) {
      clock.advance(Math.min(left, 10_000));
      downloads.credit(2, 1);
    }

    expect(downloads.size()).toBe(held);
    expect(shown().at(-1)?.[1]).toBe(held === 1 ? 'none' : 'abort');
    downloads[Symbol.dispose]();
    expect(clock.pending()).toBe(0);
  });

  it.each([
    [99, 'held'],
    [100, 'held'],
    [101, 'unavailable'],
  ])('of all connections together with %i bytes of 100: %s', (bytes, outcome) => {
    const { connect } = setUp(100);
    const [one, two] = [connect(), connect()];
    one.open('a', Buffer.alloc(40));

    const open = () => two.open('b', Buffer.alloc(bytes - 40));

    if (outcome === 'held') expect(open()).toMatchObject({ stream: 2 });
    else expect(open).toThrow(expect.objectContaining({ code: outcome, data: { reason: 'busy', retryAfterMs: 1000 } }));
  });

  it.each([
    [100, 'held'],
    [101, 'too_large'],
  ])('with %i bytes that must fit into 100 when nothing else is held: %s', (bytes, outcome) => {
    const { downloads } = setUp(100);

    const open = () => downloads.open('a', Buffer.alloc(bytes));

    if (outcome === 'held') expect(open()).toMatchObject({ stream: 2 });
    else expect(open).toThrow(expect.objectContaining({ code: outcome, data: { limit: 100 } }));
  });

  it.each(['sent', 'cancelled', 'stalled', 'gone'])('leave room for others once they are %s', (how) => {
    const { clock, downloads, connect } = setUp(100);
    downloads.open('a', Buffer.alloc(100));

    if (how === 'sent') downloads.credit(2, 100);
    if (how === 'cancelled') downloads.cancel('a');
    if (how === 'stalled') clock.advance(30_000);
    if (how === 'gone') downloads[Symbol.dispose]();

    expect(connect().open('b', Buffer.alloc(100))).toMatchObject({ bytes: 100 });
  });

  it('end with their call, at once or all together, and leave no timer', async () => {
    const { clock, downloads, shown } = setUp();
    for (const call of ['a', 'b', 'c']) downloads.open(call, Buffer.alloc(10));
    const idle = downloads.idle();

    downloads.cancel('b');
    downloads.cancel('none');
    downloads.abortAll('the daemon stops');

    await idle;
    expect(shown().map(([stream, mark]) => [stream, mark])).toEqual([
      [4, 'abort'],
      [2, 'abort'],
      [6, 'abort'],
    ]);
    expect(clock.pending()).toBe(0);
  });

  it('are forgotten without a word when the peer is gone', async () => {
    const { clock, downloads, shown } = setUp();
    downloads.open('a', Buffer.alloc(10));

    downloads[Symbol.dispose]();

    await downloads.idle();
    expect([downloads.size(), clock.pending(), shown()]).toEqual([0, 0, []]);
  });
});
