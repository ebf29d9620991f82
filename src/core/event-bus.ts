// One-way announcements inside the process: the store speaks, others listen.

/** A typed announcement channel. Listeners run synchronously, in order of subscription. */
export type EventBus<T> = {
  /** Tell every listener. A listener that throws does not stop the others; its error goes to `onError`. */
  readonly publish: (event: T) => void;
  /** Listen until the returned object is disposed. */
  readonly subscribe: (listener: (event: T) => void) => Disposable;
};

/** The listening half of an {@link EventBus}. */
export type EventSource<T> = Pick<EventBus<T>, 'subscribe'>;

/**
 * Make a channel.
 *
 * @param onError - Receives what a listener threw.
 */
export function makeEventBus<T>(onError: (error: unknown) => void): EventBus<T> {
  const listeners = new Set<(event: T) => void>();
  return {
    publish: (event) => {
      for (const listener of listeners) {
        try {
          listener(event);
        } catch (error) {
          onError(error);
        }
      }
    },
    subscribe: (listener) => {
      // Wrapped, so that the same function subscribed twice is two subscriptions.
      const entry = (event: T): void => listener(event);
      listeners.add(entry);
      return { [Symbol.dispose]: () => void listeners.delete(entry) };
    },
  };
}
