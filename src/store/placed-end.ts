// The end of a conversion on its way to the store's thread, and a report on its way back: large bodies as names of files.

import type { ClaimedDelivery, NewReport, ReportRow, SubmissionEnd } from './types.ts';

/** A body that lies in a file with its final name, durably. `file`: below `payload/`. */
export type PlacedText = { readonly file: string; readonly size: number; readonly sha256: string };

/** A report to store. With `placed`, its `body` is empty here. */
export type PlacedReport = NewReport & { readonly placed?: PlacedText };

type Converted = Extract<SubmissionEnd, { readonly state: 'converted' }>;

/** An end whose large reports are placed. */
export type PlacedEnd =
  | Exclude<SubmissionEnd, { readonly state: 'converted' }>
  | (Omit<Converted, 'reports'> & { readonly reports: readonly PlacedReport[] });

/** A claimed delivery as the thread gives it. With `bodyFile` (below `payload/`), its `body` is empty and still to be read. */
export type FoundDelivery = ClaimedDelivery & { readonly bodyFile?: string };

/** A report as the thread gives it. With `stored`, its `body` is null and still to be read. */
export type FoundReport = ReportRow & { readonly stored?: Pick<PlacedText, 'file' | 'sha256'> };

/** The error of a delivery whose body lies in a file that is missing, cut or another one. */
export const FILE_DAMAGED = 'file_damaged: the file of the stored body is missing, cut, or does not match its hash';
