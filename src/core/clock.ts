// Time as a parameter: the only file outside the program entries that reads a clock or sets a timer.

/** Everything a room may know about time. Tests pass their own. */
export type Clock = {
  /** Wall clock, milliseconds since 1970 UTC. May jump. */
  readonly nowUnixMs: () => number;
  /** Monotonic clock, milliseconds, arbitrary zero. Never goes back. */
  readonly monotonicMs: () => number;
  /** Resolve after `ms`; reject with `signal.reason` when aborted. The timer does not hold the process unless told to. */
  readonly sleep: (
    ms: number,
    options?: { readonly signal?: AbortSignal; readonly holdsProcess?: boolean },
  ) => Promise<void>;
  /** Call back once after `ms` unless disposed. The timer does not hold the process. */
  readonly after: (ms: number, callback: () => void) => Disposable;
};

const LONGEST_TIMER_MS = 2 ** 31 - 1;

function after(ms: number, callback: () => void, { holdsProcess = false } = {}): Disposable {
  const timer = setTimeout(callback, Math.min(Math.max(ms, 0), LONGEST_TIMER_MS));
  if (!holdsProcess) timer.unref();
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}

function sleep(ms: number, { signal, holdsProcess = false }: Parameters<Clock['sleep']>[1] = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onTime = (): void => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    };
    const timer = after(ms, onTime, { holdsProcess });
    function onAbort(): void {
      timer[Symbol.dispose]();
      reject(signal?.reason);
    }
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** The machine's clock. */
export const systemClock: Clock = {
  nowUnixMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep,
  after: (ms, callback) => after(ms, callback),
};
