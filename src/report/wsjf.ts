// Writing WSJF, the report format of the reference server: pure and strict. Source: wsjf.md.

import { Refusal } from './refusal.ts';
import type { Attachment, CanonicalReport } from './schema.ts';
import { readAs } from './tree.ts';
import { writeHead } from './wsjf-head.ts';
import { wsjfReportSchema } from './wsjf-schema.ts';
import { writeSteps } from './wsjf-steps.ts';
import { compact, type Extra } from './wsjf-words.ts';

/** How writing can end. */
export type WsjfOutcome =
  | { readonly kind: 'ok'; readonly body: string; readonly warnings: readonly string[] }
  | {
      readonly kind: 'invalid';
      /** `identity_missing`: mended by a retry with arguments; `wsjf_invalid`: the server would not take it. */
      readonly reason: 'identity_missing' | 'wsjf_invalid';
      readonly message: string;
    };

/** Options of {@link toWsjf}. */
export type WsjfOptions = {
  /** When the file was received, RFC 3339: stands in for a report without a date. */
  readonly receivedAt: string;
  /** Bytes of attachments by SHA-256; what is missing here is not sent, with a warning. */
  readonly attachments?: ReadonlyMap<string, Uint8Array>;
};

function findMissingIdentity({ unit, process, repair, kind }: CanonicalReport): readonly string[] {
  const needed = {
    'unit.partNumber': unit.partNumber,
    'unit.serialNumber': unit.serialNumber,
    'process.code': process.code,
    ...(kind === 'repair' && { 'repair.testProcess.code': repair?.testProcess?.code ?? null }),
  };
  return Object.entries(needed).flatMap(([path, value]) => (value === null || value === '' ? [path] : []));
}

function makeAttachmentWriter(options: WsjfOptions, warnings: string[]) {
  return (attachment: Attachment, path: string): Extra | null => {
    const { sha256, name, mediaType, description } = attachment;
    const bytes = sha256 === null ? undefined : options.attachments?.get(sha256);
    if (bytes === undefined) {
      warnings.push(`${path}: attachment "${name}" is not sent, its bytes are not here`);
      return null;
    }
    const contentType = mediaType === '' ? 'application/octet-stream' : mediaType;
    return compact({ name, contentType, data: Buffer.from(bytes).toString('base64'), description });
  };
}

function write(report: CanonicalReport, options: WsjfOptions, warnings: string[]): string {
  const writeAttachment = makeAttachmentWriter(options, warnings);
  const failures = report.repair?.failures ?? [];
  const binaryData = [
    ...report.attachments.map((attachment) => writeAttachment(attachment, 'attachments')),
    ...failures.flatMap((failure) => failure.attachments.map((one) => writeAttachment(one, 'repair.failures'))),
  ].filter((attachment) => attachment !== null);
  const addBinary = (attachment: Extra): void => {
    binaryData.push(attachment);
  };
  const head = writeHead(report, options.receivedAt, { warnings });
  const root = report.kind === 'test' ? writeSteps(report.root, { warnings, writeAttachment, addBinary }) : undefined;
  const checked = readAs(wsjfReportSchema, { ...head, ...(binaryData.length > 0 && { binaryData }) }, 'wsjf');
  return JSON.stringify({ ...checked, root });
}

/**
 * Write a report as WSJF.
 *
 * @param report - A canonical report as stored.
 * @param options - See {@link WsjfOptions}.
 * @returns JSON text for the server, or why there is none; a warning for each thing that had to be changed.
 */
export function toWsjf(report: CanonicalReport, options: WsjfOptions): WsjfOutcome {
  const missing = findMissingIdentity(report);
  if (missing.length > 0) {
    const message = `Cannot write WSJF: ${missing.join(', ')} missing`;
    return { kind: 'invalid', reason: 'identity_missing', message };
  }
  const warnings: string[] = [];
  try {
    return { kind: 'ok', body: write(report, options, warnings), warnings };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { kind: 'invalid', reason: 'wsjf_invalid', message: `Cannot write WSJF: ${error.message}` };
  }
}

/**
 * Read back a report that airlock itself has stored. Trust: the text was checked before it was stored.
 *
 * @param body - Canonical JSON.
 * @throws {SyntaxError} when the text is damaged.
 */
export function parseStoredReport(body: string): CanonicalReport {
  return JSON.parse(body) as CanonicalReport;
}
