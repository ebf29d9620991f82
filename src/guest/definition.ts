// What a converter is: the shape of its default export, and what it is called with.

import type { Reports } from './builder.ts';
import type { ConverterInput } from './input.ts';

/** What a converter knows beside its input. */
export type ConverterContext = {
  /** Arguments as the manifest declares them: its defaults, the configuration's values, the submission's. */
  readonly arguments: Readonly<Record<string, unknown>>;
  /** When the conversion began. */
  readonly now: Date;
  /** The station that the daemon fills in where a report names none. */
  readonly station: { readonly name: string; readonly location: string; readonly purpose: string };
  /** 0 ≤ n < 1; the same for the same submission. */
  readonly random: () => number;
  /** Tell how far the work is. @param fraction - 0 … 1. */
  readonly progress: (fraction: number) => void;
};

/** The beginning of a file, for choosing a converter. */
export type ProbeHead = {
  readonly name: string;
  readonly size: number;
  /** First 64 KiB, decoded as the converter's `encoding` says. */
  readonly text: string;
  readonly bytes: Uint8Array;
};

/** A converter. */
export type ConverterDefinition = {
  /** How sure is it that this file is its own? 0 … 1, within 250 ms; anything else, and a throw, counts as 0. Has no log. */
  readonly probe?: (head: ProbeHead) => number;
  /**
   * Turn the input into reports.
   *
   * @throws {BadInput} The file is damaged: `rejected`. {SkipFile} Nothing to report: `skipped`. {RetryLater} Not yet:
   * `suspended`. Anything else: `failed`, with file and line of the converter.
   */
  readonly convert: (input: ConverterInput, reports: Reports, context: ConverterContext) => void | Promise<void>;
};

/**
 * Define a converter: its argument, with types.
 *
 * @param definition - The converter; make it the module's default export.
 */
export function defineConverter(definition: ConverterDefinition): ConverterDefinition {
  return definition;
}
