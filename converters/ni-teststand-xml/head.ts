// What stands above the steps: unit, station, process, time.

import { parseDate, type ReportInput } from 'airlock/converter';
import { at, type Prop, textAt } from './props.ts';
import { type Decimal, integerAt, numberAt } from './words.ts';

/** A report's properties, and the pairs that the WATS add-on writes above them. */
export type ReportProps = { readonly props: Prop; readonly info: ReadonlyMap<string, string> };

/** What fills gaps of the file. */
export type Gaps = {
  readonly partNumber: string | null;
  readonly serialNumber: string | null;
  readonly revision: string | null;
  readonly process: number | null;
  readonly timeZone: string;
  readonly decimal: Decimal;
};

const pad = (value: number, width: number): string => String(value).padStart(width, '0');

/** The year as its text says: some versions write a wrong one into `Year`. */
function readYear(date: Prop): number | null {
  const written = /\d{4}/.exec(`${textAt(date, 'Text') ?? ''} ${textAt(date, 'ShortText') ?? ''}`)?.[0];
  return written === undefined ? integerAt(date, 'Year') : Number(written);
}

function readDetails(props: Prop, zone: string): string | null {
  const date = at(props, 'StartDate');
  const time = at(props, 'StartTime');
  if (date === undefined || time === undefined) return null;
  const day = [readYear(date), integerAt(date, 'Month'), integerAt(date, 'MonthDay')];
  const clock = ['Hours', 'Minutes', 'Seconds'].map((name) => integerAt(time, name));
  const numbers = [...day, ...clock].filter((number) => number !== null);
  const [year = 0, month = 0, monthDay = 0, hours = 0, minutes = 0, seconds = 0] = numbers;
  if (numbers.length < 6) return null;
  const milliseconds = integerAt(time, 'Milliseconds') ?? 0;
  const written = `${pad(year, 4)}-${pad(month, 2)}-${pad(monthDay, 2)}T${pad(hours, 2)}:${pad(minutes, 2)}:${pad(seconds, 2)}`;
  return parseDate(`${written}.${pad(milliseconds, 3)}`, 'iso', zone);
}

/**
 * When the run began.
 *
 * @param report - See {@link ReportProps}.
 * @param zone - For times without one.
 * @param warn - Told when a zone was assumed.
 */
export function readStart({ props, info }: ReportProps, zone: string, warn: (warning: string) => void): string | null {
  const assumed = (): void => warn(`zone_assumed: times without a zone are read as ${zone}`);
  for (const key of ['Start', 'StartUTC']) {
    const written = info.get(key)?.trim() ?? '';
    const start = parseDate(written, 'iso', key === 'StartUTC' ? 'UTC' : zone);
    if (start === null) continue;
    if (key === 'Start' && !/(?:Z|[+-]\d{2}:?\d{2})$/i.test(written)) assumed();
    return start;
  }
  const start = readDetails(props, zone);
  if (start !== null) assumed();
  return start;
}

/** Elements of a list are values around one object. */
function elementsOf(list: Prop | undefined): readonly Prop[] {
  return (list?.props ?? []).flatMap(({ props }) => props.slice(0, 1));
}

function readMisc(uut: Prop | undefined, decimal: Decimal): NonNullable<ReportInput['misc']> {
  const written = elementsOf(at(uut, 'MiscUUTResult', 'Misc_UUT_Info')).flatMap((note) => {
    const name = textAt(note, 'Description')?.slice(0, 8_192);
    if (name === undefined) return [];
    return [
      { name, text: textAt(note, 'Data_String')?.slice(0, 10_000), number: numberAt(note, decimal, 'Data_Numeric') },
    ];
  });
  const added = (at(uut, 'AdditionalData')?.props ?? []).flatMap(({ name, value }) =>
    name === '' || value.trim() === '' ? [] : [{ name: name.slice(0, 8_192), text: value.slice(0, 10_000) }],
  );
  return [...written, ...added];
}

function readSubUnits(uut: Prop | undefined): NonNullable<ReportInput['subUnits']> {
  return elementsOf(at(uut, 'MiscUUTResult', 'UUT_Part_Info')).map((part, index) => ({
    index: index + 1,
    parent: 0,
    type: textAt(part, 'Part_Type'),
    partNumber: textAt(part, 'Part_Number'),
    serialNumber: textAt(part, 'Part_Serial_Number'),
    revision: textAt(part, 'Part_Revision_Number'),
  }));
}

/** TestStand counts sockets from 0; below that there is none. */
function readSocket(uut: Prop | undefined): number | null {
  const socket = integerAt(uut, 'TestSocketIndex');
  return socket === null || socket < 0 ? null : socket;
}

/**
 * Everything but times, outcome and root.
 *
 * @param report - See {@link ReportProps}.
 * @param gaps - See {@link Gaps}.
 */
export function readHead({ props, info }: ReportProps, gaps: Gaps): ReportInput {
  const uut = at(props, 'UUT');
  const station = at(props, 'StationInfo');
  const told = (key: string): string | null => info.get(key)?.trim() || null;
  return {
    fileId: told('ID'),
    partNumber: textAt(uut, 'UUTPartNumber') ?? textAt(uut, 'PartNumber') ?? told('PN') ?? gaps.partNumber,
    serialNumber: textAt(uut, 'SerialNumber') ?? told('SN') ?? gaps.serialNumber,
    revision: textAt(uut, 'UUTPartRevisionNumber') ?? told('Rev') ?? gaps.revision,
    batch: textAt(uut, 'BatchSerialNumber'),
    process: { code: integerAt(uut, 'UUTOperationType') ?? readCode(told('PCode')) ?? gaps.process },
    station: {
      name: textAt(station, 'StationID'),
      location: textAt(station, 'Location'),
      purpose: textAt(station, 'Purpose'),
      fixture: textAt(uut, 'UUT_Fixture_ID'),
      socket: readSocket(uut),
    },
    operator: textAt(station, 'LoginName'),
    comment: textAt(uut, 'Comment')?.slice(0, 10_000),
    misc: readMisc(uut, gaps.decimal),
    subUnits: readSubUnits(uut),
  };
}

function readCode(written: string | null): number | null {
  return written !== null && /^\d{1,9}$/.test(written) ? Number(written) : null;
}
