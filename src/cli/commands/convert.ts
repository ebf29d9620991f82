// airlock convert: files to reports in a sealed sandbox of the command's own, without a daemon; nothing is kept.

import { addAbortSignal, Readable } from 'node:stream';
import type { CallResult } from '../../conversion/calls.ts';
import { AirlockError, EXIT_PARTIAL } from '../../core/errors.ts';
import { toKeyId } from '../../core/ids.ts';
import type { CliContext, Command } from '../context.ts';
import { type LocalConversions, openLocalConversions } from '../convert/local-conversions.ts';
import { openCompanion, openInput } from '../convert/open-input.ts';
import { type Format, writeReports } from '../convert/write-reports.ts';
import { expandNames } from '../named-files.ts';
import { type Output, toAirlockError, toErrorDocument, toPrintableLine } from '../output.ts';

/** Arguments of `convert`. */
export type ConvertArguments = {
  readonly files: readonly string[];
  readonly name: string | null;
  readonly converter: string | null;
  /** Folder of a converter that is used, approved or not. */
  readonly converterFolder: string | null;
  readonly arguments: Readonly<Record<string, string>>;
  readonly companions: readonly string[];
  readonly format: Format;
  /** Folder for the reports; null = standard output. */
  readonly out: string | null;
  readonly stdin: AsyncIterable<Uint8Array>;
};

/** What is done for each file. */
type Run = { readonly context: CliContext; readonly input: ConvertArguments; readonly local: LocalConversions };

// The reports of this command are nobody's submission.
const KID = toKeyId('local');

function checkArguments(
  { name, companions, converter, converterFolder }: ConvertArguments,
  files: readonly string[],
): void {
  const refuse = (reason: string): AirlockError => new AirlockError('usage', `Cannot convert: ${reason}`);
  if (companions.length > 0 && files.length !== 1) throw refuse('--companion goes with one file only');
  if (name !== null && files.length !== 1) throw refuse('--name goes with one file only');
  if (converter !== null && converterFolder !== null) throw refuse('give --converter or --converter-folder, not both');
}

/** Places are the input's; the message has no full stop of its own. */
function toEndError(name: string, result: CallResult): AirlockError | null {
  switch (result.outcome) {
    case 'converted':
    case 'skipped':
      return null;
    case 'rejected': {
      const { reason, line, column } = result;
      const place = line === null ? '' : ` (line ${line}${column === null ? '' : `, column ${column}`})`;
      return new AirlockError('request_failed', `Cannot convert ${name}: ${reason}${place}`, {
        data: { line, column },
      });
    }
    case 'suspended': {
      const message = `Cannot convert ${name} yet: ${result.reason}`;
      return new AirlockError('unavailable', message, { data: { retryAfterMs: result.afterMs } });
    }
    default:
      return result satisfies never;
  }
}

function tellLog(output: Output, name: string, log: CallResult['log']): void {
  for (const { level, text } of log) output.note(`${toPrintableLine(name)}: ${level}: ${toPrintableLine(text)}`);
}

async function convertFile({ context, input, local }: Run, file: string): Promise<void> {
  const { output, signal, clock } = context;
  const { name, body, sha256 } = await openInput(file, { ...input, limitBytes: local.limitBytes, signal });
  const companions = await Promise.all(input.companions.map((one) => openCompanion(one, { signal })));
  const call = { kid: KID, name, body, sha256, companions, arguments: input.arguments };
  const converter = input.converter ?? local.folderConverter;
  const result = await local.conversions.convert({ ...call, converter }, { signal });
  const used = result.converter?.name ?? '';
  if (local.unapproved.has(used))
    output.note(`${toPrintableLine(name)}: converter "${used}" is not approved; it ran sealed`);
  tellLog(output, name, result.log);
  const error = toEndError(name, result);
  if (error !== null) throw error;
  if (result.outcome === 'skipped') output.note(`${toPrintableLine(name)}: skipped: ${toPrintableLine(result.reason)}`);
  const target = { format: input.format, folder: input.out, nowUnixMs: clock.nowUnixMs() };
  const { warnings, files } = await writeReports(output, result.reports, target);
  for (const warning of [...result.warnings, ...warnings])
    output.note(`${toPrintableLine(name)}: warning: ${toPrintableLine(warning)}`);
  if (output.isJson && input.out !== null) output.document({ file, reports: files });
  for (const written of files) output.line(toPrintableLine(written));
}

/** Log lines of a converter that did not come to its end travel with the error. */
function tellFailure({ output }: CliContext, file: string, error: AirlockError): void {
  const { log } = error.data;
  if (Array.isArray(log)) tellLog(output, file, log);
  if (output.isJson) output.document({ file, error: toErrorDocument(error) });
  else output.failure(error);
}

/**
 * One report a line on standard output; what the converters say on standard error. Exit 0 all converted or skipped, 2 some; none:
 * what the first of them ended with.
 *
 * @throws {AirlockError} usage; config_invalid; file_unreadable for a pattern that matches nothing; converter_refused when the gate
 * refuses `--converter-folder`; unavailable when no runner starts.
 */
export const convert: Command<ConvertArguments> = async (context, input) => {
  const { signal } = context;
  const files = expandNames(input.files);
  checkArguments(input, files);
  if (input.stdin instanceof Readable) addAbortSignal(signal, input.stdin);
  const wanted = { name: input.converter, folder: input.converterFolder };
  await using local = await openLocalConversions(context, wanted);
  for (const { name, reason } of local.refused)
    context.output.note(`converter "${toPrintableLine(name)}" was refused and has no say: ${toPrintableLine(reason)}`);
  const errors: AirlockError[] = [];
  for (const file of files) {
    try {
      await convertFile({ context, input, local }, file);
    } catch (caught) {
      signal.throwIfAborted();
      const error = toAirlockError(caught);
      errors.push(error);
      tellFailure(context, file, error);
    }
  }
  const [first] = errors;
  if (first === undefined) return 0;
  return errors.length === files.length ? first.exitCode : EXIT_PARTIAL;
};
