// The runners of a pool: who may take which job, who is started, and who has to go.

import type { SandboxConfig } from '../config/schema/sandbox.ts';
import type { Clock } from '../core/clock.ts';
import { AirlockError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import type { LoadableConverter } from './job.ts';
import { afterFailure, CALM, type RestartState, restartDelayMs } from './restart-policy.ts';
import type { Runner } from './runner.ts';

/** What a fleet works with. `start` rejects when no runner gets ready. */
export type FleetDeps = {
  readonly clock: Clock;
  readonly log: Logger;
  readonly start: (heapBytes: number) => Promise<Runner>;
};

/** What a job needs of a runner. */
export type RunnerNeed = {
  readonly converter: Pick<LoadableConverter, 'sha256' | 'trust'>;
  /** Memory class. */
  readonly heapBytes: number;
};

/** How large a fleet is. */
export type FleetOptions = {
  /** Runners that may be busy at once; one more waits as a spare. */
  readonly size: number;
  readonly recycle: SandboxConfig['recycle'];
  /** Memory class of spares. */
  readonly spareHeapBytes: number;
};

/** A runner and what it has been used for. */
export type Slot = {
  readonly runner: Runner;
  /** Trust group; null while it has served nobody. Invariant: once set it never changes. */
  group: string | null;
  /** Hash of the converter whose isolate it holds. */
  converter: string | null;
  isBusy: boolean;
  jobs: number;
  usedAtMs: number;
};

const START_ATTEMPTS = 3;
/** Share of a heap above which the next job gets a fresh one. Source: sandbox.md 2. */
const FULL_HEAP = 1 / 4;

const groupOf = ({ converter }: RunnerNeed): string => (converter.trust === 'bundled' ? 'bundled' : converter.sha256);

/** Sealed runners, each at most one job at a time. The caller holds a permit of a semaphore as large as `size`. */
export class Fleet implements AsyncDisposable {
  readonly #deps: FleetDeps;
  readonly #options: FleetOptions;
  readonly #slots = new Set<Slot>();
  readonly #starting = new Set<Promise<unknown>>();
  readonly #disposal = new AbortController();
  #spareStart: Promise<unknown> | null = null;
  #restarts: RestartState = CALM;
  #disposed: Promise<void> | null = null;

  constructor(deps: FleetDeps, options: FleetOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  /** Started runners, and how many of them have no job. */
  counts(): { readonly busy: number; readonly ready: number } {
    const busy = [...this.#slots].filter(({ isBusy }) => isBusy).length;
    return { busy, ready: this.#slots.size - busy };
  }

  /**
   * Own a runner that runs already, as the spare.
   *
   * @param runner - Of the memory class of spares; it has served nobody.
   */
  adopt(runner: Runner): void {
    this.#add(runner, { isBusy: false });
  }

  /**
   * A runner for a job: the one that holds its converter, else one of its group, else a fresh one.
   *
   * @param need - Decides group and memory class.
   * @throws {AirlockError} unavailable when no runner can be started, shutting_down once disposed.
   */
  async acquire(need: RunnerNeed): Promise<Slot> {
    for (let attempt = 1; ; attempt += 1) {
      this.#assertOpen();
      const slot = this.#pick(need) ?? (await this.#startFor(need.heapBytes, attempt));
      if (slot === null) continue;
      slot.isBusy = true;
      slot.group = groupOf(need);
      slot.converter = need.converter.sha256;
      this.#refill();
      return slot;
    }
  }

  /**
   * Give a runner back. One that is not clean, or has served long enough, is replaced.
   *
   * @param slot - From `acquire`.
   * @param end - `isClean`: may it take another job? `heapBytes`: what its guest's heap held at the end, if that is known.
   */
  release(slot: Slot, end: { readonly isClean: boolean; readonly heapBytes: number }): void {
    slot.isBusy = false;
    slot.jobs += 1;
    slot.usedAtMs = this.#deps.clock.monotonicMs();
    if (end.isClean) this.#restarts = CALM;
    const { jobs, age } = this.#options.recycle;
    const isFull = end.heapBytes > slot.runner.heapBytes * FULL_HEAP;
    const isWorn = isFull || slot.jobs >= jobs || slot.usedAtMs - slot.runner.startedAtMs >= age;
    if (!end.isClean || isWorn) this.#retire(slot);
    this.#refill();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#disposed ??= this.#dispose();
    return this.#disposed;
  }

  async #dispose(): Promise<void> {
    this.#disposal.abort();
    const killed = [...this.#slots];
    for (const slot of killed) slot.runner.kill();
    // Order: a runner that is just starting adds itself to nothing any more, and is killed by `#start`.
    await Promise.allSettled(this.#starting);
    await Promise.all(killed.map(({ runner }) => runner.closed));
  }

  #assertOpen(): void {
    if (this.#disposed !== null) throw new AirlockError('shutting_down', 'Cannot convert: the pool is being closed');
  }

  #pick(need: RunnerNeed): Slot | null {
    const group = groupOf(need);
    const fitting = [...this.#slots].filter(({ isBusy, runner }) => !isBusy && runner.heapBytes === need.heapBytes);
    return (
      fitting.find((slot) => slot.converter === need.converter.sha256 && slot.group === group) ??
      fitting.find((slot) => slot.group === group) ??
      fitting.find((slot) => slot.group === null) ??
      null
    );
  }

  /** Start a spare in the background unless there is one. */
  #refill(): void {
    const hasSpare = [...this.#slots].some((slot) => !slot.isBusy && slot.group === null);
    const isFull = this.#slots.size + this.#starting.size > this.#options.size;
    if (this.#disposed !== null || hasSpare || isFull || this.#spareStart !== null) return;
    this.#spareStart = this.#start(this.#options.spareHeapBytes, { isBusy: false })
      .catch((error: unknown) => {
        if (this.#disposed === null) this.#deps.log.warn({ err: error }, 'a spare runner does not start');
      })
      .finally(() => {
        this.#spareStart = null;
      });
  }

  async #startFor(heapBytes: number, attempt: number): Promise<Slot | null> {
    if (this.#spareStart !== null && heapBytes === this.#options.spareHeapBytes) {
      await this.#spareStart;
      return null;
    }
    this.#makeRoom();
    try {
      return await this.#start(heapBytes, { isBusy: true });
    } catch (error) {
      this.#assertOpen();
      if (attempt >= START_ATTEMPTS) throw error;
      this.#deps.log.warn({ err: error, attempt }, 'a runner does not start');
      return null;
    }
  }

  /** Never more processes than `size` and one spare: the idle one that was used longest ago goes. */
  #makeRoom(): void {
    if (this.#slots.size + this.#starting.size <= this.#options.size) return;
    const [oldest] = [...this.#slots].filter(({ isBusy }) => !isBusy).sort((a, b) => a.usedAtMs - b.usedAtMs);
    if (oldest !== undefined) this.#retire(oldest);
  }

  #start(heapBytes: number, { isBusy }: { readonly isBusy: boolean }): Promise<Slot> {
    const started = this.#startNow(heapBytes, isBusy);
    this.#starting.add(started);
    const forget = (): void => void this.#starting.delete(started);
    started.then(forget, forget);
    return started;
  }

  async #startNow(heapBytes: number, isBusy: boolean): Promise<Slot> {
    const { clock, start } = this.#deps;
    const delayMs = restartDelayMs(this.#restarts);
    if (delayMs > 0) await clock.sleep(delayMs, { signal: this.#disposal.signal });
    this.#assertOpen();
    const runner = await start(heapBytes).catch((error: unknown) => {
      this.#restarts = afterFailure(this.#restarts);
      throw error;
    });
    if (this.#disposed !== null) {
      runner.kill();
      await runner.closed;
      this.#assertOpen();
    }
    return this.#add(runner, { isBusy });
  }

  #add(runner: Runner, { isBusy }: { readonly isBusy: boolean }): Slot {
    const usedAtMs = this.#deps.clock.monotonicMs();
    const slot: Slot = { runner, group: null, converter: null, isBusy, jobs: 0, usedAtMs };
    this.#slots.add(slot);
    void runner.closed.then(({ signal }) => this.#onClosed(slot, signal));
    return slot;
  }

  #retire(slot: Slot): void {
    this.#slots.delete(slot);
    slot.runner.kill();
  }

  #onClosed(slot: Slot, signal: string): void {
    const wasOurs = slot.runner.isKilled() || this.#disposed !== null;
    this.#slots.delete(slot);
    if (wasOurs || slot.isBusy) return;
    this.#restarts = afterFailure(this.#restarts);
    const { pid, stderr } = slot.runner;
    this.#deps.log.warn({ pid, signal, stderr: stderr() }, 'an idle runner died');
    this.#refill();
  }
}
