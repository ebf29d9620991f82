// Items of one subscription that were not taken yet, as an async iterator.

import { AirlockError } from '../core/errors.ts';

/** A queue between a connection that pushes and one loop that takes. */
export type EventQueue<Item> = {
  /** Add an item; the one after 10,000 that were not taken fails the queue instead, as `unavailable` (reason `slow_consumer`). */
  readonly push: (item: Item) => void;
  /** No item comes after this; those that are there are still taken, then `error` is thrown. Tells `onFailed`. */
  readonly fail: (error: AirlockError) => void;
  /** Forget what is there; whoever takes gets this thrown. */
  readonly abort: (reason: unknown) => void;
  /** End now, and forget what is there. */
  readonly stop: () => void;
  readonly next: () => Promise<IteratorResult<Item, undefined>>;
};

type QueueState = { readonly kind: 'open' | 'stopped' } | { readonly kind: 'failed'; readonly error: unknown };

/** Items that one subscription keeps for a consumer that does not take them. */
const MAX_BUFFERED_ITEMS = 10_000;

function overflow(): AirlockError {
  const message = `Cannot go on with the subscription: ${MAX_BUFFERED_ITEMS} events were not taken`;
  return new AirlockError('unavailable', message, { data: { reason: 'slow_consumer', limit: MAX_BUFFERED_ITEMS } });
}

/**
 * Make an empty queue.
 *
 * @param onFailed - Nothing is taken in any more, and what fills it may stop. Once, and not when its owner ends it.
 */
export function makeEventQueue<Item>(onFailed: () => void): EventQueue<Item> {
  let items: Item[] = [];
  let state: QueueState = { kind: 'open' };
  let changed = Promise.withResolvers<void>();

  function become(next: QueueState): void {
    state = next;
    wake();
  }

  function wake(): void {
    changed.resolve();
    changed = Promise.withResolvers();
  }

  function fail(error: AirlockError): void {
    if (state.kind !== 'open') return;
    become({ kind: 'failed', error });
    onFailed();
  }

  async function next(): Promise<IteratorResult<Item, undefined>> {
    while (items.length === 0 && state.kind === 'open') await changed.promise;
    if (items.length > 0) return { done: false, value: items.shift() as Item };
    const ended = state;
    state = { kind: 'stopped' };
    if (ended.kind === 'failed') throw ended.error;
    return { done: true, value: undefined };
  }

  return {
    next,
    fail,
    abort: (reason) => {
      if (state.kind === 'stopped') return;
      items = [];
      become({ kind: 'failed', error: reason });
    },
    stop: () => {
      items = [];
      become({ kind: 'stopped' });
    },
    push: (item) => {
      if (state.kind !== 'open') return;
      if (items.length >= MAX_BUFFERED_ITEMS) return fail(overflow());
      items.push(item);
      wake();
    },
  };
}
