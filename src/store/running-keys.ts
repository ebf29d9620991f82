// Calls with the same idempotency key, one after the other: the second finds the first one's answer.

/** Runs work under a key. */
export type RunningKeys = {
  readonly run: <T>(key: string, work: () => Promise<T>) => Promise<T>;
  /** Resolves once nothing runs any more. */
  readonly settled: () => Promise<void>;
};

/** Begin with none running. Bounded by the calls in flight. */
export function makeRunningKeys(): RunningKeys {
  const last = new Map<string, Promise<unknown>>();
  const run: RunningKeys['run'] = async (key, work) => {
    const before = last.get(key);
    const mine = before === undefined ? work() : before.then(work, work);
    last.set(key, mine);
    try {
      return await mine;
    } finally {
      if (last.get(key) === mine) last.delete(key);
    }
  };
  return {
    run,
    settled: async () => {
      while (last.size > 0) await Promise.allSettled(last.values());
    },
  };
}
