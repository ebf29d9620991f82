// Reading canonical files, which need no converter: one report, an array, or one report a line; all or nothing.

import { z } from 'zod';
import { completeReports, type ReportDraft } from './complete.ts';
import { type JsonLimits, readJson } from './json.ts';
import type { ConversionLimits, ReportLimits } from './limits.ts';
import { listAttachments } from './list-attachments.ts';
import { assertWithin, Refusal } from './refusal.ts';
import { headFields, REPORT_SCHEMA } from './schema.ts';
import type { AssembledReport, ReportStamp } from './stamp.ts';
import { assertExtensions, countSteps, readAs, readTree } from './tree.ts';

/** How reading can end. `line` and `column` count from 1; null where there is no place. */
export type CanonicalFileOutcome =
  | { readonly kind: 'not_canonical' }
  | { readonly kind: 'reports'; readonly reports: readonly AssembledReport[] }
  | {
      readonly kind: 'rejected';
      readonly reason: string;
      readonly line: number | null;
      readonly column: number | null;
    };

type Rejected = Extract<CanonicalFileOutcome, { kind: 'rejected' }>;

/** One value of the file. `line` is known where each line is a report. */
type Item = { readonly value: unknown; readonly line: number | null };
type Items = { readonly kind: 'items'; readonly items: readonly Item[] } | Rejected;

/** Canonical and WSJF files hold at most so many reports. Source: report.md 3. */
const MOST_REPORTS = 1_000;
const NAME = 'airlock.report/';
/** Brackets around and inside a step at the deepest place; extensions count too. */
const DEPTH_BESIDE_STEPS = 64;
/** Objects and lists in one file: as many as 100 MiB of the shortest steps have. */
const MOST_CONTAINERS = 2_500_000;

/** A report as a file writes it: `id` may be missing, `source` is only passed on. */
const fileSchema = z.strictObject({
  schema: z.literal(REPORT_SCHEMA),
  id: z.string().max(200).nullable().default(null),
  ...headFields,
  root: z.unknown(),
  source: z.unknown().optional(),
});

/**
 * Could this be a canonical file? Cheap: for choosing.
 *
 * @param headText - The first 4 KiB or more, decoded.
 */
export function looksCanonical(headText: string): boolean {
  return /"schema"\s*:\s*"airlock\.report\//.test(headText);
}

function decode(input: Uint8Array | string): string | null {
  if (typeof input === 'string') return input.replace(/^\ufeff/, '');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(input);
  } catch {
    // Not UTF-8, so not JSON; the caller says so.
    return null;
  }
}

function reject(reason: string, line: number | null = null, column: number | null = null): Rejected {
  return { kind: 'rejected', reason, line, column };
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function* splitLines(text: string): Generator<{ readonly line: string; readonly number: number }, void> {
  let number = 0;
  for (let start = 0; start <= text.length; ) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    number += 1;
    yield { line: text.slice(start, end), number };
    start = end + 1;
  }
}

function readLines(text: string, limits: JsonLimits, allowed: number): Items {
  const items: Item[] = [];
  let { containers } = limits;
  for (const { line, number } of splitLines(text)) {
    if (line.trim() === '') continue;
    if (items.length === allowed) return reject(`more than ${allowed} reports in one file`, number);
    const reading = readJson(line, { ...limits, containers });
    if (reading.kind === 'bad') return reject(reading.reason, number, reading.column);
    containers -= reading.containers;
    items.push({ value: reading.value, line: number });
  }
  return { kind: 'items', items };
}

/** Whole reports on more than one line: the first line alone is an object. */
function isOnePerLine(text: string, limits: JsonLimits): boolean {
  const [first = '', rest = ''] = text.trimStart().split(/\r?\n(.*)/s, 2);
  return rest.trim() !== '' && isObject(readFirst(first, limits));
}

function readFirst(line: string, limits: JsonLimits): unknown {
  const reading = readJson(line, limits);
  return reading.kind === 'ok' ? reading.value : null;
}

function readItems(text: string, { depth }: ReportLimits, allowed: number): Items {
  const limits: JsonLimits = { depth: depth * 2 + DEPTH_BESIDE_STEPS, containers: MOST_CONTAINERS };
  if (isOnePerLine(text, limits)) return readLines(text, limits, allowed);
  const reading = readJson(text, limits);
  if (reading.kind === 'bad') return reject(reading.reason, reading.line, reading.column);
  const values: readonly unknown[] = Array.isArray(reading.value) ? reading.value : [reading.value];
  return { kind: 'items', items: values.map((value) => ({ value, line: null })) };
}

/** `source` is the daemon's to write: what the file says is kept aside. */
function keepSource(extensions: Readonly<Record<string, unknown>>, source: unknown): Record<string, unknown> {
  if (source === undefined || source === null) return { ...extensions };
  const { airlock } = extensions;
  return { ...extensions, airlock: { ...(isObject(airlock) ? airlock : {}), source } };
}

function readDraft(value: unknown, index: number, limits: ReportLimits): ReportDraft {
  const { schema: _schema, id, root, source, extensions, ...head } = readAs(fileSchema, value, '');
  assertExtensions(extensions, 'report', limits);
  const tree = readTree(root, limits);
  const used = listAttachments({ ...head, root: tree }).length;
  assertWithin('attachments', { limit: 'attachments', used, allowed: limits.attachments });
  return {
    ...head,
    root: tree,
    extensions: keepSource(extensions, source),
    fileId: id,
    key: String(index),
    warnings: [],
    attachmentBytes: [],
  };
}

function nameOf({ line }: Item, index: number, count: number): string {
  return line !== null || count === 1 ? '' : `report ${index}: `;
}

function readDrafts(items: readonly Item[], limits: ConversionLimits): readonly ReportDraft[] | Rejected {
  const drafts: ReportDraft[] = [];
  let used = 0;
  for (const [index, item] of items.entries()) {
    try {
      const draft = readDraft(item.value, index, limits);
      used += countSteps(draft.root);
      if (used > limits.conversionSteps)
        throw new Refusal(`${used} steps in all, over sandbox.limits.steps of ${limits.conversionSteps}`);
      drafts.push(draft);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return reject(`${nameOf(item, index, items.length)}${error.message}`, item.line);
    }
  }
  return drafts;
}

function isCanonical({ value }: Item): boolean {
  return isObject(value) && typeof value['schema'] === 'string' && value['schema'].startsWith(NAME);
}

/**
 * Read a canonical file.
 *
 * @param input - The whole file: bytes (UTF-8, with or without byte-order mark) or text.
 * @param options - Limits of each report and of all together, and the stamp that completes each.
 * @returns `not_canonical` when no report in it names the schema, so that a converter may be chosen; `rejected` when one is
 * wrong: then none is taken.
 */
export function parseCanonicalFile(
  input: Uint8Array | string,
  { limits, stamp }: { readonly limits: ConversionLimits; readonly stamp: ReportStamp },
): CanonicalFileOutcome {
  const text = decode(input);
  if (text === null || !looksCanonical(text)) return { kind: 'not_canonical' };
  const allowed = Math.min(MOST_REPORTS, limits.reports);
  const read = readItems(text, limits, allowed);
  if (read.kind === 'rejected') return read;
  const { items } = read;
  if (!items.some(isCanonical)) return { kind: 'not_canonical' };
  if (items.length > allowed) return reject(`${items.length} reports in one file, at most ${allowed}`);
  const drafts = readDrafts(items, limits);
  if ('kind' in drafts) return drafts;
  try {
    return { kind: 'reports', reports: completeReports(drafts, stamp, limits) };
  } catch (error) {
    if (error instanceof Refusal) return reject(error.message);
    throw error;
  }
}
