// What the report of a part begins with: its PRR, the lot, the wafer and the equipment around it.

import { type MiscInput, parseDate, type ReportInput } from 'airlock/converter';
import { type Fields, readBn, readCn, readI2, readU1, readU2, readU4, toHex } from './fields.ts';
import type { Lot, SiteGroup, Wafer } from './lot.ts';

/** What fills gaps of the file. */
export type Gaps = {
  readonly partNumber: string | null;
  readonly serialNumber: string | null;
  readonly serialFormat: string;
  readonly revision: string | null;
  readonly process: number | null;
  readonly timeZone: string;
};

/** What holds for the parts that are tested now. */
export type Around = {
  lot: Lot;
  readonly wafers: Map<number | null, Wafer>;
  readonly groups: SiteGroup[];
  readonly notes: MiscInput[];
  readonly hardBins: Map<number, string>;
  readonly softBins: Map<number, string>;
};

/** Where a part is tested, and what was noted meanwhile. */
export type Place = { readonly head: number; readonly site: number; readonly notes: readonly MiscInput[] };

/** The PRR. Missing values are null. */
export type PartResult = {
  readonly flags: number;
  readonly tests: number | null;
  readonly hardBin: number | null;
  readonly softBin: number | null;
  readonly x: number | null;
  readonly y: number | null;
  readonly millis: number | null;
  readonly id: string | null;
  readonly text: string | null;
  readonly fix: string | null;
};

/** Bits of PART_FLG. Source: STDF Specification V4, PRR. */
const SUPERSEDES_ID = 1;
const SUPERSEDES_PLACE = 2;
const ABNORMAL = 4;
const FAILED = 8;
const NO_VERDICT = 16;

const present = (value: number | null, missing: number): number | null => (value === missing ? null : value);

/**
 * The rest of a PRR, behind head and site.
 *
 * @param fields - The record.
 */
export function readResult(fields: Fields): PartResult {
  const flags = readU1(fields) ?? NO_VERDICT;
  const tests = readU2(fields);
  const hardBin = present(readU2(fields), 65_535);
  const softBin = present(readU2(fields), 65_535);
  const x = present(readI2(fields), -32_768);
  const y = present(readI2(fields), -32_768);
  const millis = present(readU4(fields), 0);
  const id = readCn(fields);
  const text = readCn(fields);
  const fix = readBn(fields);
  return {
    flags,
    tests,
    hardBin,
    softBin,
    x,
    y,
    millis,
    id,
    text,
    fix: fix === null || fix.length === 0 ? null : toHex(fix),
  };
}

function toOutcome(flags: number): NonNullable<ReportInput['outcome']> {
  if ((flags & ABNORMAL) !== 0) return 'terminated';
  if ((flags & NO_VERDICT) !== 0) return 'done';
  return (flags & FAILED) === 0 ? 'passed' : 'failed';
}

function toNotes(result: PartResult, around: Around, wafer: Wafer | null): readonly MiscInput[] {
  const bin = (name: string, number: number | null, names: ReadonlyMap<number, string>): MiscInput[] =>
    number === null ? [] : [{ name, number, text: names.get(number) ?? String(number) }];
  const number = (name: string, value: number | null): MiscInput[] =>
    value === null ? [] : [{ name, number: value, text: String(value) }];
  const text = (name: string, value: string | null): MiscInput[] => (value === null ? [] : [{ name, text: value }]);
  const supersedes = [
    ...((result.flags & SUPERSEDES_ID) === 0 ? [] : ['the part of the same id']),
    ...((result.flags & SUPERSEDES_PLACE) === 0 ? [] : ['the part of the same place']),
  ];
  return [
    ...bin('Hard bin', result.hardBin, around.hardBins),
    ...bin('Soft bin', result.softBin, around.softBins),
    ...text('Wafer', wafer?.id ?? null),
    ...number('X', result.x),
    ...number('Y', result.y),
    ...number('Tests executed', result.tests),
    ...text('Retest: supersedes', supersedes.length === 0 ? null : supersedes.join(' and ')),
    ...text('Repair data', result.fix),
  ];
}

function toSerial(result: PartResult, part: Place, { around, gaps, wafer }: Known): string | null {
  const { LOT_ID: lot = '', SBLOT_ID: sublot = '' } = around.lot.texts;
  const id = result.id ?? gaps.serialNumber;
  if (gaps.serialFormat === '{part}') return id;
  const values: Readonly<Record<string, string>> = {
    lot,
    sublot,
    wafer: wafer?.id ?? '',
    part: id ?? '',
    x: String(result.x ?? ''),
    y: String(result.y ?? ''),
    head: String(part.head),
    site: String(part.site),
  };
  const serial = gaps.serialFormat.replace(/\{(\w{1,10})\}/g, (whole, name: string) => values[name] ?? whole);
  return serial === '' ? null : serial.slice(0, 8_192);
}

/** What is known beside the part itself. */
export type Known = { readonly around: Around; readonly gaps: Gaps; readonly wafer: Wafer | null };

/** Seconds of the tester's clock since 1970 began on it. */
function toTime(seconds: number | null, zone: string): string | null {
  if (seconds === null || seconds === 0) return null;
  return parseDate(new Date(seconds * 1_000).toISOString().slice(0, 19), 'iso', zone);
}

function findGroup(part: Place, { groups }: Around): SiteGroup | null {
  const fits = (group: SiteGroup): boolean =>
    (group.head === 255 || group.head === part.head) && (group.sites.length === 0 || group.sites.includes(part.site));
  return groups.find(fits) ?? null;
}

const HEAD_TEXTS = ['LOT_ID', 'PART_TYP', 'NODE_NAM', 'JOB_NAM', 'OPER_NAM', 'DSGN_REV', 'TEST_COD', 'FACIL_ID'];

const textOf = ({ texts }: Lot, name: string): string | null => texts[name] ?? null;

function toStation(lot: Lot, part: Place, group: SiteGroup | null): ReportInput['station'] {
  return {
    name: textOf(lot, 'NODE_NAM'),
    location: textOf(lot, 'FACIL_ID'),
    fixture: group?.fixture ?? null,
    socket: part.site,
  };
}

function toRoot(lot: Lot, { flags }: PartResult): NonNullable<ReportInput['root']> {
  return {
    name: textOf(lot, 'JOB_NAM') ?? 'test program',
    nativeType: 'PRR',
    outcome: toOutcome(flags),
    nativeOutcome: (flags & ABNORMAL) === 0 ? null : 'abnormal end',
  };
}

/**
 * What a report begins with.
 *
 * @param part - Head, site, and the notes between its PIR and PRR.
 * @param result - Its PRR.
 * @param known - Lot, wafer, equipment, arguments.
 */
export function toHead(part: Place, result: PartResult, known: Known): ReportInput {
  const { around, gaps, wafer } = known;
  const { lot } = around;
  const group = findGroup(part, around);
  const others = Object.entries(lot.texts).filter(([name]) => !HEAD_TEXTS.includes(name));
  return {
    outcome: toOutcome(result.flags),
    partNumber: textOf(lot, 'PART_TYP') ?? gaps.partNumber,
    serialNumber: toSerial(result, part, known),
    revision: textOf(lot, 'DSGN_REV') ?? gaps.revision,
    batch: textOf(lot, 'LOT_ID'),
    process: { code: gaps.process, name: textOf(lot, 'TEST_COD') },
    station: toStation(lot, part, group),
    operator: textOf(lot, 'OPER_NAM'),
    comment: result.text,
    startedAt: toTime(wafer?.startedAt ?? lot.startedAt, gaps.timeZone),
    durationS: result.millis === null ? null : result.millis / 1_000,
    root: toRoot(lot, result),
    misc: [
      ...toNotes(result, around, wafer),
      { name: 'Head', number: part.head, text: String(part.head) },
      ...others.map(([name, text]) => ({ name, text })),
      ...(group?.notes ?? []),
      ...around.notes,
      ...part.notes,
    ],
    assets: group?.assets ?? [],
  };
}
