// A method as data: both ends of the wire share it.

import type { z } from 'zod';
import type { Scope } from '../core/scopes.ts';

/** Which token bucket a call costs a token of. */
export type RateClass = 'calls' | 'submit' | 'free';

/** One method of the wire. Params are strict objects without `_meta` and `workDoneToken`: the session takes those off first. */
export type MethodSpec = {
  readonly name: string;
  /** Protocol version that brought it. */
  readonly sinceVersion: number;
  /** Any one of these scopes is enough; empty = every authenticated key. */
  readonly scopes: readonly Scope[];
  readonly rateClass: RateClass;
  /** Answered also while the daemon stops. */
  readonly whileStopping?: true;
  /** A result over 128 KiB is answered as a stream to a peer with `streams`, else `too_large` (protocol.md 8). */
  readonly largeResult?: true;
  readonly params: z.ZodType;
  readonly result: z.ZodType;
};

/** Params of a method after validation. */
export type ParamsOf<Spec extends MethodSpec> = z.output<Spec['params']>;
/** Params of a method as a caller writes them. */
export type ParamsInputOf<Spec extends MethodSpec> = z.input<Spec['params']>;
/** Result of a method. */
export type ResultOf<Spec extends MethodSpec> = z.output<Spec['result']>;
