// What the pool is asked to do: convert a file with a checked converter, or ask the converter how sure it is of one.

import type { SandboxLimits } from '../config/schema/sandbox.ts';
import type { Body, Companion } from '../core/body.ts';
import type { ConversionOutcome, GuestLogLine, LimitName } from './outcome.ts';

/** How a converter wants its input; decides the memory class. */
export type InputMode = 'lines' | 'text' | 'bytes';

/** A converter whose bytes passed the gate. The bytes here are the bytes that run. */
export type LoadableConverter = {
  readonly name: string;
  readonly version: string;
  /** Hash over manifest and every reachable module (sandbox.md 7): key of the compiled converter and of trust. */
  readonly sha256: string;
  /** Bundled converters share runner processes; every other converter is a group of its own. */
  readonly trust: 'bundled' | 'own';
  /** JavaScript modules by relative path with `/`; `entry` is one of them. */
  readonly files: ReadonlyMap<string, string>;
  readonly entry: string;
  readonly input: InputMode;
  /** `auto`, or a label from the fixed list. */
  readonly encoding: string;
};

/** One input for one converter. Files are read while the job runs; they must stay as they are until it ends. */
export type ConversionJob = {
  readonly converter: LoadableConverter;
  readonly limits: SandboxLimits;
  readonly input: { readonly name: string; readonly body: Body };
  /** Further files that the converter may read, by index; at most 64. */
  readonly companions: readonly Companion[];
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly station: { readonly name: string; readonly location: string; readonly purpose: string };
  /** Wall clock for `ctx.now` and `Date`. */
  readonly nowUnixMs: number;
  /** Seed of `ctx.random()` and `Math.random`, 0 … 2³²−1. */
  readonly seed: number;
};

/** The beginning of a file for one converter's `probe`. */
export type ProbeJob = {
  readonly converter: LoadableConverter;
  readonly limits: SandboxLimits;
  /** `size` is that of the whole file, `bytes` its first 64 KiB at most. */
  readonly head: { readonly name: string; readonly size: number; readonly bytes: Uint8Array };
  /** Wall clock for `Date`. */
  readonly nowUnixMs: number;
  /** Seed of `Math.random`, 0 … 2³²−1. */
  readonly seed: number;
};

/** What a converter's `probe` said. */
export type ProbeOutcome =
  /** 0 … 1. */
  | { readonly kind: 'confidence'; readonly value: number }
  /** The converter exports no `probe`. */
  | { readonly kind: 'absent' }
  /** It threw, met a limit, or answered no number from 0 to 1: counts as 0. `reason` is escaped and cut. */
  | { readonly kind: 'none'; readonly reason: string };

/** What the taker of a record says: go on, or end the conversion with this outcome. */
export type PartVerdict =
  | { readonly kind: 'ok' }
  | { readonly kind: 'stop'; readonly limit: LimitName; readonly used: number; readonly allowed: number }
  | { readonly kind: 'refuse'; readonly reason: string };

/** Where the pieces of a conversion go while it runs. Trust: everything here was written by the guest. */
export type ConversionSink = {
  /** One record, JSON text of at most 64 KiB (report/records.ts). A `refuse` ends the conversion as `rejected`. */
  readonly part: (recordText: string) => PartVerdict;
  /** Raw bytes of an attachment; the record that names it comes right after. */
  readonly attach: (bytes: Uint8Array) => PartVerdict;
  readonly log: (line: GuestLogLine) => void;
  /** What the converter says of its own progress, 0 … 1. */
  readonly progress: (fraction: number) => void;
  /** So many bytes of the main file have been handed to the runner and used up: it asks for more. */
  readonly read?: (bytes: number) => void;
};

/** What `status` and `doctor` tell about one wall. */
export type WallState = { readonly name: string; readonly active: boolean; readonly detail: string };

/** Sealed runner processes that convert. */
export type Pool = AsyncDisposable & {
  /**
   * Run one conversion in a sealed runner. Waits for a runner; never throws for anything the guest does.
   *
   * @throws {AirlockError} unavailable when no runner can be started (a bug of ours or of the machine).
   * @throws {AirlockError} queue_full when 64 conversions wait for a runner already.
   * @throws {AirlockError} shutting_down when the pool is disposed, before or during the conversion.
   * Aborts by killing the runner and rejecting with `signal.reason`.
   */
  readonly convert: (
    job: ConversionJob,
    sink: ConversionSink,
    options: { readonly signal: AbortSignal },
  ) => Promise<ConversionOutcome>;
  /**
   * Ask a converter how sure it is that a file is its own: in a context of its own, for 250 ms at most. Waits for a runner; never
   * throws for anything the guest does.
   *
   * @throws as `convert` does.
   */
  readonly probe: (job: ProbeJob, options: { readonly signal: AbortSignal }) => Promise<ProbeOutcome>;
  readonly runners: () => { readonly size: number; readonly busy: number; readonly ready: number };
  /** Probed once at start. */
  readonly walls: readonly WallState[];
};
