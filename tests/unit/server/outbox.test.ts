import { describe, expect, it } from 'vitest';
import { makeOutbox } from '../../../src/server/outbox.ts';

/** An outbox on a wire whose answers the test sets; what was done to it, in order. */
function setUp() {
  const done: string[] = [];
  const wire = { isFlowing: true, unsentBytes: 0 };
  const outbox = makeOutbox(
    {
      send: (bytes) => {
        done.push(`send ${Buffer.from(bytes).toString('utf8', 4)}`);
        return wire.isFlowing;
      },
      unsentBytes: () => wire.unsentBytes,
      pause: () => void done.push('pause'),
      resume: () => void done.push('resume'),
    },
    { pauseBytes: 100, closeBytes: 1000 },
    {
      onPause: () => void done.push('onPause'),
      onResume: () => void done.push('onResume'),
      onOverflow: () => void done.push('onOverflow'),
    },
  );
  return { done, wire, outbox };
}

describe('an outbox', () => {
  it('stops reading when the wire says that the peer does not keep up, and goes on once all has left', () => {
    const { done, wire, outbox } = setUp();
    wire.isFlowing = false;

    outbox.send('{1}');
    outbox.send('{2}');
    outbox.drained();

    expect(done).toEqual(['send {1}', 'pause', 'onPause', 'send {2}', 'resume', 'onResume']);
  });

  it.each([
    [99, false],
    [100, true],
    [101, true],
  ])('with %i bytes unsent of 100 is behind: %s', (unsentBytes, expected) => {
    const { wire, outbox } = setUp();
    Object.assign(wire, { isFlowing: false, unsentBytes });

    outbox.send('{1}');

    expect(outbox.isBehind()).toBe(expected);
  });

  it('takes what the wire gathers for one turn for no sign that the peer does not read: no drain would follow', () => {
    const { done, wire, outbox } = setUp();
    wire.unsentBytes = 1001;

    outbox.send('{1}');

    expect([done, outbox.isFlowing(), outbox.isBehind()]).toEqual([['send {1}'], true, false]);
  });

  it.each([
    [999, 'onPause'],
    [1000, 'onPause'],
    [1001, 'onOverflow'],
  ])('with %i bytes unsent of 1000 ends in %s', (unsentBytes, last) => {
    const { done, wire, outbox } = setUp();
    Object.assign(wire, { isFlowing: false, unsentBytes });

    outbox.send('{1}');

    expect(done.at(-1)).toBe(last);
  });

  it('says goaway with slow_consumer once, and nothing after it', () => {
    const { done, wire, outbox } = setUp();
    Object.assign(wire, { isFlowing: false, unsentBytes: 1001 });

    outbox.send('{1}');
    outbox.send('{2}');
    outbox.drained();

    expect(done).toEqual([
      'send {1}',
      'send {"jsonrpc":"2.0","method":"$/goaway","params":{"reason":"slow_consumer"}}',
      'onOverflow',
    ]);
  });
});
