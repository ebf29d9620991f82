// A counted gate with a waiting line that ends when its signal does.

/** A semaphore; permits are disposables. */
export type Semaphore = {
  /** Wait for a permit. Rejects with `signal.reason` when aborted. */
  readonly acquire: (options?: { readonly signal?: AbortSignal }) => Promise<Disposable>;
  /** Permits in use. */
  readonly used: () => number;
};

/**
 * Make a semaphore.
 *
 * @param permits - How many may be held at once, ≥ 1.
 */
export function makeSemaphore(permits: number): Semaphore {
  let used = 0;
  const waiting = new Set<() => void>();

  function permit(): Disposable {
    used += 1;
    let isHeld = true;
    return {
      [Symbol.dispose]: () => {
        if (!isHeld) return;
        isHeld = false;
        used -= 1;
        const [next] = waiting;
        next?.();
      },
    };
  }

  return {
    used: () => used,
    acquire: ({ signal } = {}) => {
      if (signal?.aborted) return Promise.reject(signal.reason);
      if (used < permits) return Promise.resolve(permit());
      return new Promise((resolve, reject) => {
        const onAbort = (): void => {
          waiting.delete(enter);
          reject(signal?.reason);
        };
        const enter = (): void => {
          waiting.delete(enter);
          signal?.removeEventListener('abort', onAbort);
          resolve(permit());
        };
        waiting.add(enter);
        signal?.addEventListener('abort', onAbort, { once: true });
      });
    },
  };
}
