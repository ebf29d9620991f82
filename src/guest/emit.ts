// Records on their way to the host: numbered, and split where one would be over its size.

import { LARGEST_RECORD_BYTES } from '../report/rules.ts';
import { refuse, type Taken } from './check.ts';
import { HostStop } from './errors.ts';
import type { Host } from './host.ts';
import type { TakenAttachment } from './take-attachment.ts';
import type { StepRecordBody } from './take-step.ts';
import { isLongerThan } from './utf8.ts';

const stringify = JSON.stringify;
/** UTF-16 units of text in one record: escaped, each takes at most six bytes. */
const TEXT_PIECE = 10_000;
/** Numbers of a curve in one record: each takes at most 25 bytes. */
const NUMBERS_PIECE = 2_000;
/** UTF-16 units of list items in one record: each takes at most three bytes. */
const ITEMS_PIECE = 20_000;

/** Lists that a `more` record can carry on. */
export type ListName = 'measurements' | 'misc' | 'assets' | 'subUnits' | 'failures' | 'warnings';

/** Writes the records of one conversion. */
export type Emitter = {
  /** The next report's index, counted from 0. */
  readonly nextReport: () => number;
  /** One record that must fit as it is. */
  readonly record: (r: number, kind: string, body: Taken) => void;
  /** A record around a step: what is too long for it follows in `more` records. */
  readonly step: (target: StepTarget, kind: 'start' | 'step') => void;
  /** Items of a list, in as many records as they need. */
  readonly items: (r: number, step: number | null, name: ListName, items: readonly unknown[]) => void;
  readonly attachment: (r: number, step: number | null, attachment: TakenAttachment) => void;
};

/** A step, and how its record is made from it. */
export type StepTarget = {
  readonly r: number;
  readonly id: number;
  readonly step: StepRecordBody;
  readonly wrap: (step: StepRecordBody) => Taken;
};

/** Throws when the host takes nothing more. */
function assertTaken(status: number): void {
  if (status !== 0) throw new HostStop();
}

function* splitItems(items: readonly unknown[]): Generator<readonly unknown[], void> {
  let batch: unknown[] = [];
  let size = 0;
  for (const item of items) {
    const length = stringify(item).length;
    if (batch.length > 0 && size + length > ITEMS_PIECE) {
      yield batch;
      batch = [];
      size = 0;
    }
    batch.push(item);
    size += length;
  }
  if (batch.length > 0) yield batch;
}

function* splitText(text: string): Generator<string, void> {
  for (let start = 0; start < text.length; ) {
    const end = Math.min(start + TEXT_PIECE, text.length);
    const last = text.charCodeAt(end - 1);
    const isHalf = end < text.length && last >= 0xd800 && last <= 0xdbff;
    yield text.slice(start, isHalf ? end - 1 : end);
    start = isHalf ? end - 1 : end;
  }
}

type Curve = {
  readonly curve: number | null;
  readonly axis: 'values' | 'x';
  readonly numbers: readonly (number | null)[];
};

function curvesOf({ series }: StepRecordBody): readonly Curve[] {
  if (series === undefined || series === null) return [];
  return [
    { curve: null, axis: 'values', numbers: series.x.values },
    ...series.y.flatMap(({ values, x }, curve): Curve[] => [
      { curve, axis: 'values', numbers: values },
      ...(x === null || x === undefined ? [] : [{ curve, axis: 'x' as const, numbers: x }]),
    ]),
  ];
}

function hollow(step: StepRecordBody): StepRecordBody {
  const short = { ...step, measurements: [], text: null };
  const { series } = step;
  if (series === undefined || series === null) return short;
  const y = series.y.map((curve) => ({ ...curve, values: [], ...(curve.x ? { x: [] } : {}) }));
  return { ...short, series: { x: { ...series.x, values: [] }, y } };
}

function* moreOf(step: StepRecordBody): Generator<Taken, void> {
  for (const text of splitText(step.text ?? '')) yield { text };
  for (const measurements of splitItems(step.measurements ?? [])) yield { measurements };
  for (const { curve, axis, numbers } of curvesOf(step)) {
    for (let start = 0; start < numbers.length; start += NUMBERS_PIECE) {
      yield { values: { curve, axis, numbers: numbers.slice(start, start + NUMBERS_PIECE) } };
    }
  }
}

/**
 * An emitter for one conversion.
 *
 * @param host - Takes the records.
 */
export function makeEmitter(host: Host): Emitter {
  const { part, attach } = host;
  let reports = 0;
  let seq = 0;
  const write = (r: number, kind: string, body: Taken): string => stringify({ r, seq, kind, ...body });
  const send = (written: string): void => {
    assertTaken(part(written));
    seq += 1;
  };
  const record = (r: number, kind: string, body: Taken): void => {
    const written = write(r, kind, body);
    if (isLongerThan(written, LARGEST_RECORD_BYTES)) {
      refuse(`a "${kind}"`, `one of its texts or its extensions are over ${LARGEST_RECORD_BYTES} bytes`);
    }
    send(written);
  };
  const items: Emitter['items'] = (r, step, name, list) => {
    for (const batch of splitItems(list)) record(r, 'more', { step, [name]: batch });
  };
  return {
    nextReport: () => {
      reports += 1;
      return reports - 1;
    },
    record,
    items,
    step: ({ r, id, step, wrap }, kind) => {
      const whole = write(r, kind, wrap(step));
      if (!isLongerThan(whole, LARGEST_RECORD_BYTES)) return send(whole);
      record(r, kind, wrap(hollow(step)));
      for (const more of moreOf(step)) record(r, 'more', { step: id, ...more });
    },
    attachment: (r, step, { pieces, name, mediaType, description, path }) => {
      for (const piece of pieces ?? []) assertTaken(attach(piece));
      if (pieces?.length === 0) assertTaken(attach(''));
      record(r, 'attach', { step, name, ...(mediaType !== null && { mediaType }), description, path });
    },
  };
}
