// Attachments of one report: how many it holds, and curves that are too long for a chart.

import type { AttachmentInput, SeriesInput } from 'airlock/converter';

/** Numbers of one chart; a report holds 100,000 (`limits.seriesPoints`). */
const MOST_NUMBERS = 90_000;
/** Attachments of one report, as `limits.attachments` has it. */
const MOST_ATTACHMENTS = 100;
/** UTF-16 units of one attachment; a report holds 10 MiB (`limits.attachment`), in which a character takes up to three bytes. */
const LONGEST_TEXT = 3 * 1024 ** 2;
/** UTF-16 units of all of them. */
const LONGEST_TEXTS = 12 * 1024 ** 2;

/** What one report still has room for. */
export type Budget = {
  /** May it be attached? Counts it; what has no room is told. */
  readonly take: (attachment: AttachmentInput) => boolean;
};

/**
 * Room of one report.
 *
 * @param warn - Told what has none.
 */
export function makeBudget(warn: (warning: string) => void): Budget {
  let left = MOST_ATTACHMENTS;
  let room = LONGEST_TEXTS;
  let first: string | null = null;
  return {
    take: ({ name, text }) => {
      const length = text?.length ?? 0;
      const shown = name.slice(0, 100);
      if (left === 0)
        warn(`attachments: those over ${MOST_ATTACHMENTS} are left out, the first is "${(first ??= shown)}"`);
      else if (length > LONGEST_TEXT || length > room)
        warn(`attachment "${shown}": left out, ${length} characters are too many`);
      else {
        left -= 1;
        room -= length;
        return true;
      }
      return false;
    },
  };
}

type LimitedSeries = { readonly series: SeriesInput | null; readonly attachments: readonly AttachmentInput[] };

/**
 * A chart, or an attachment in its place where it has more numbers than a report holds.
 *
 * @param series - As the file has it.
 * @param name - Of the step.
 * @param warn - Told of an attachment.
 */
export function limitSeries(series: SeriesInput | null, name: string, warn: (warning: string) => void): LimitedSeries {
  if (series === null) return { series, attachments: [] };
  const { x: axis, y } = series;
  const count = y.reduce((sum, { values, x }) => sum + values.length + (x?.length ?? 0), axis.values.length);
  if (count <= MOST_NUMBERS) return { series, attachments: [] };
  warn(`series: ${count} numbers of "${name.slice(0, 100)}" are an attachment, a chart has up to ${MOST_NUMBERS}`);
  const file = `${name.slice(0, 200)}.series.json`;
  return { series: null, attachments: [{ name: file, mediaType: 'application/json', text: JSON.stringify(series) }] };
}
