// Limits of one report: the configuration's `limits`, as this room needs them. Source: configuration.md 2.

/** Limits of one report and of the reports of one conversion; structurally equal to `limits` of the configuration. */
export type ReportLimits = {
  /** Steps below each other, the root included. */
  readonly depth: number;
  /** Steps of one report, the root included; no other list of a report is longer. */
  readonly steps: number;
  /** Measurements of one step. */
  readonly measurements: number;
  /** Numbers of one chart, x and all y together. */
  readonly seriesPoints: number;
  /** Bytes of one report: canonical JSON and attachments. */
  readonly report: number;
  /** Reports of one conversion or one canonical file. */
  readonly reports: number;
  /** Attachments of one report. */
  readonly attachments: number;
  /** Bytes of one attachment. */
  readonly attachment: number;
  /** Bytes of JSON of one `extensions` object, the report's or a step's. */
  readonly extensions: number;
  /** What happens to identity texts over 100 characters. */
  readonly tooLong: 'cut' | 'reject';
};

/**
 * Limits of one conversion: those of its reports, and the steps of all of them together (`sandbox.limits.steps`). Sub-units, notes,
 * assets and failures count as steps.
 */
export type ConversionLimits = ReportLimits & { readonly conversionSteps: number };

/** The configuration's defaults. */
export const DEFAULT_REPORT_LIMITS: ReportLimits = {
  depth: 64,
  steps: 50_000,
  measurements: 1_000,
  seriesPoints: 100_000,
  report: 50 * 1024 ** 2,
  reports: 1_000,
  attachments: 100,
  attachment: 10 * 1024 ** 2,
  extensions: 64 * 1024,
  tooLong: 'cut',
};
