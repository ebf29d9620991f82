// How many jobs may run at once by what their processes may take: a sum that never goes over `sandbox.memory`.

/** Admits jobs by the memory their runner may use. */
export type MemoryGate = {
  /**
   * Wait until a process of this size fits beside those that run; first come, first served, so that a large one is not passed over.
   * One that is larger than the whole sum runs alone.
   *
   * @param bytes - Cap of the process.
   * @param options - `signal`: rejects with its reason.
   */
  readonly admit: (bytes: number, options: { readonly signal: AbortSignal }) => Promise<Disposable>;
  /** Sum of the caps of what runs, in bytes. */
  readonly used: () => number;
};

type Waiting = { readonly bytes: number; readonly enter: () => void };

/**
 * Make a memory gate.
 *
 * @param totalBytes - Largest sum.
 */
export function makeMemoryGate(totalBytes: number): MemoryGate {
  const waiting = new Set<Waiting>();
  let used = 0;
  let running = 0;

  const fits = (bytes: number): boolean => running === 0 || used + bytes <= totalBytes;

  function enterWaiting(): void {
    for (const next of waiting) {
      if (!fits(next.bytes)) return;
      next.enter();
    }
  }

  function take(bytes: number): Disposable {
    used += bytes;
    running += 1;
    let isHeld = true;
    return {
      [Symbol.dispose]: () => {
        if (!isHeld) return;
        isHeld = false;
        used -= bytes;
        running -= 1;
        enterWaiting();
      },
    };
  }

  return {
    used: () => used,
    admit: (bytes, { signal }) => {
      if (signal.aborted) return Promise.reject(signal.reason);
      if (waiting.size === 0 && fits(bytes)) return Promise.resolve(take(bytes));
      return new Promise((resolve, reject) => {
        const leave = (): void => {
          waiting.delete(own);
          signal.removeEventListener('abort', onAbort);
        };
        const onAbort = (): void => {
          leave();
          reject(signal.reason);
          // What waited behind it may fit now.
          enterWaiting();
        };
        const own: Waiting = {
          bytes,
          enter: () => {
            leave();
            resolve(take(bytes));
          },
        };
        waiting.add(own);
        signal.addEventListener('abort', onAbort, { once: true });
      });
    },
  };
}
