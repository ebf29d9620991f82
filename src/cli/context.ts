// What every command is given: places, streams, output, the way to the daemon.

import type { Clock } from '../core/clock.ts';
import type { Places } from '../disk/places.ts';
import type { Output } from './output.ts';

/** Everything a command may touch. */
export type CliContext = {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly places: Places;
  /** `--home` and `--instance` as they were given, for a process that is to work on the same places. */
  readonly sameHome: readonly string[];
  /** `--key`, or null for the default choice. */
  readonly key: string | null;
  readonly output: Output;
  readonly clock: Clock;
  /** Aborted by SIGINT and SIGTERM. */
  readonly signal: AbortSignal;
  readonly version: string;
};

/** A command: does its work, answers the exit code. Failures are thrown as AirlockError. */
export type Command<Arguments> = (context: CliContext, input: Arguments) => Promise<number>;
