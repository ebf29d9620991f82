// From the records of one conversion to its reports: trusts nothing, checks each record by itself.

import type { ConversionLimits } from './limits.ts';
import type { AssembledReport, ReportStamp } from './stamp.ts';

/** What is said about one record or attachment; fits `PartVerdict` of the sandbox. */
export type RecordVerdict =
  | { readonly kind: 'ok' }
  | {
      readonly kind: 'stop';
      readonly limit: 'steps' | 'reports' | 'output';
      readonly used: number;
      readonly allowed: number;
    }
  | { readonly kind: 'refuse'; readonly reason: string };

/** How a conversion's records end: all its reports, or none. */
export type FinishOutcome =
  | { readonly kind: 'reports'; readonly reports: readonly AssembledReport[] }
  | { readonly kind: 'refuse'; readonly reason: string };

/** Takes the records of one conversion. After a verdict other than `ok` it takes nothing more. */
export type Assembler = {
  /** One record as JSON text. */
  readonly add: (recordText: string) => RecordVerdict;
  /** Bytes of an attachment, in one or several pieces; the record that names it comes right after. */
  readonly attach: (bytes: Uint8Array) => RecordVerdict;
  /** Call once, after the last record. */
  readonly finish: (stamp: ReportStamp) => FinishOutcome;
};

/**
 * An assembler for one conversion.
 *
 * @param limits - Limits of each report and of the conversion.
 */
export function makeAssembler(limits: ConversionLimits): Assembler {
  return {
    add: () => ({ kind: 'refuse', reason: `not built yet (${limits.reports})` }),
    attach: () => ({ kind: 'refuse', reason: 'not built yet' }),
    finish: () => ({ kind: 'refuse', reason: 'not built yet' }),
  };
}
