// How a conversion can end: a closed union, shared by the pool and the sealed runner.

/** A place inside a converter or an input file; counts from 1. */
export type Place = { readonly file: string | null; readonly line: number | null; readonly column: number | null };

/** Names of the limits that stop a conversion: keys of `sandbox.limits`, and process memory. */
export type LimitName =
  | 'wall'
  | 'cpu'
  | 'heap'
  | 'memory'
  | 'load'
  | 'input'
  | 'output'
  | 'steps'
  | 'reports'
  | 'promise';

/** What a conversion used. */
export type ResourceUse = {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly heapBytes: number;
  readonly outputBytes: number;
  readonly records: number;
};

/** What went wrong inside a converter; texts are cut to their limits and escaped. */
export type ErrorRecord = Place & { readonly name: string; readonly message: string; readonly stack: string };

/** One line that a converter logged. */
export type GuestLogLine = { readonly level: 'debug' | 'info' | 'warn' | 'error'; readonly text: string };

/** How one conversion ended. */
export type ConversionOutcome =
  | { readonly kind: 'converted'; readonly used: ResourceUse; readonly encoding: string | null }
  | { readonly kind: 'skipped'; readonly reason: string }
  | { readonly kind: 'rejected'; readonly reason: string; readonly line: number | null; readonly column: number | null }
  /** `afterMs` null: as `converters.retryLater` says. */
  | { readonly kind: 'suspended'; readonly reason: string; readonly afterMs: number | null }
  | { readonly kind: 'failed'; readonly error: ErrorRecord }
  | { readonly kind: 'stopped'; readonly limit: LimitName; readonly used: number; readonly allowed: number }
  | { readonly kind: 'crashed'; readonly signal: string };
