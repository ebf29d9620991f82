import { describe, expect, it } from 'vitest';
import { makeWaker } from '../../../src/core/waker.ts';
import { makeFakeClock } from '../../support/conversion-parts.ts';

const neverAborted = new AbortController().signal;

describe('makeWaker()', () => {
  it('ends a wait when woken, and leaves no timer', async () => {
    const clock = makeFakeClock();
    const waker = makeWaker(clock);

    const waiting = waker.wait(waker.ticket(), 1_000, { signal: neverAborted });
    waker.wake();
    await waiting;

    expect(clock.pending()).toBe(0);
  });

  it('does not wait when it was woken since the ticket', async () => {
    const waker = makeWaker(makeFakeClock());
    const ticket = waker.ticket();

    waker.wake();

    await expect(waker.wait(ticket, null, { signal: neverAborted })).resolves.toBeUndefined();
  });

  it('ends a wait when its time is over', async () => {
    const clock = makeFakeClock();
    const waker = makeWaker(clock);

    const waiting = waker.wait(waker.ticket(), 1_000, { signal: neverAborted });
    clock.advance(1_000);

    await expect(waiting).resolves.toBeUndefined();
  });

  it('rejects with the reason of its signal', async () => {
    const waker = makeWaker(makeFakeClock());
    const abort = new AbortController();

    const waiting = waker.wait(waker.ticket(), null, { signal: abort.signal });
    abort.abort(new Error('enough'));

    await expect(waiting).rejects.toThrow('enough');
  });
});
