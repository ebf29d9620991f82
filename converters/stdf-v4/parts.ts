// Parts while they are tested: from PIR to PRR, several heads and sites at a time.

import {
  BadInput,
  type MiscInput,
  type ReportBuilder,
  type Reports,
  type SequenceBuilder,
  type StepInput,
} from 'airlock/converter';
import { type Fields, readU1 } from './fields.ts';
import { type Around, type Gaps, readResult, toHead } from './part-head.ts';

/** A part under test: its steps are kept until its PRR, which has what a report begins with. */
export type Part = {
  readonly head: number;
  readonly site: number;
  readonly offset: number;
  readonly steps: { readonly section: string | null; readonly step: StepInput }[];
  readonly notes: MiscInput[];
  readonly warnings: Set<string>;
};

function addSteps(report: ReportBuilder, { steps }: Part): void {
  let name: string | null = null;
  let section: SequenceBuilder | null = null;
  for (const { section: wanted, step } of steps) {
    if (wanted !== name) section = wanted === null ? null : report.sequence({ name: wanted, nativeType: 'BPS' });
    name = wanted;
    (section ?? report).step(step);
  }
}

/**
 * A part that begins: its PIR.
 *
 * @param fields - The record.
 */
export function startPart(fields: Fields): Part {
  const head = readU1(fields) ?? 0;
  const site = readU1(fields) ?? 0;
  return { head, site, offset: fields.offset, steps: [], notes: [], warnings: new Set() };
}

/**
 * A part that ends: its PRR, whose head and site have been read.
 *
 * @param reports - The builder.
 * @param part - What was read since its PIR.
 * @param options - The rest of the record, what is around, what fills gaps.
 */
export function finishPart(
  reports: Reports,
  part: Part,
  { fields, around, gaps }: { readonly fields: Fields; readonly around: Around; readonly gaps: Gaps },
): void {
  const result = readResult(fields);
  const wafer = around.wafers.get(part.head) ?? around.wafers.get(255) ?? null;
  const head = toHead(part, result, { around, gaps, wafer });
  const report = reports.start(head);
  addSteps(report, part);
  if (head.startedAt === null) report.warn('startedAt: the file has no time');
  else {
    report.warn(`zone_assumed: the times of the tester are read as ${gaps.timeZone}`);
    report.warn(
      `startedAt: the file has no times of parts; this is when the ${wafer?.startedAt ? 'wafer' : 'lot'} began`,
    );
  }
  for (const warning of part.warnings) report.warn(warning);
  report.finish();
}

/** Key of a head and site. */
export const placeKey = (head: number, site: number): number => head * 256 + site;

/** Throws for parts whose PRR is missing. */
export function assertAllEnded(parts: ReadonlyMap<number, Part>): void {
  const [first] = parts.values();
  if (first === undefined) return;
  const place = `head ${first.head}, site ${first.site}`;
  throw new BadInput(
    `the file is cut off: ${parts.size} parts have no PRR, first the one begun at byte ${first.offset} (${place})`,
  );
}
