// airlock converter probe: which converter of the daemon would take a file, and why.

import type { ResultOf } from '../../protocol/method-spec.ts';
import { type converterProbe as spec, PROBE_HEAD_BYTES } from '../../protocol/methods/converter-probe.ts';
import { ERROR_CODES } from '../../core/errors.ts';
import path from 'node:path';
import type { Command } from '../context.ts';
import { readBeginning } from '../convert/open-input.ts';
import { connectDaemon } from '../daemon-link.ts';
import { type Output, toPrintableLine } from '../output.ts';

/** Arguments of `converter probe`. */
export type ConverterProbeArguments = { readonly file: string; readonly name: string | null };

type Result = ResultOf<typeof spec>;

function sentenceOf({ choice, converter, reason }: Result): string {
  switch (choice) {
    case 'converter':
      return reason === null ? `${converter} takes it` : `${converter} takes it, with a warning: ${reason}`;
    case 'canonical':
      return reason ?? 'needs no converter';
    case 'refused':
      return `nobody takes it: ${reason}`;
    case 'waiting':
      return `it would wait: ${reason}`;
    default:
      return choice satisfies never;
  }
}

function printResult(output: Output, file: string, result: Result): void {
  output.line(`${toPrintableLine(file)}: ${toPrintableLine(sentenceOf(result))}`);
  for (const { name, version, confidence, reason } of result.candidates) {
    const sure = confidence === null ? '-   ' : confidence.toFixed(2);
    output.line(`  ${sure} ${name} ${version}: ${toPrintableLine(reason)}`);
  }
}

/**
 * Exit 0 when a converter takes it, or none is needed; 65 when nobody does.
 *
 * @throws {AirlockError} file_unreadable, and as the daemon answers.
 */
export const converterProbe: Command<ConverterProbeArguments> = async (context, { file, name }) => {
  const { output } = context;
  const { head, size } = await readBeginning(file, PROBE_HEAD_BYTES);
  await using client = await connectDaemon(context);
  const headBase64 = Buffer.from(head).toString('base64');
  const result = await client.call('converter/probe', { name: name ?? path.basename(file), size, headBase64 });
  if (output.isJson) output.document({ file, ...result });
  printResult(output, file, result);
  return result.choice === 'converter' || result.choice === 'canonical' ? 0 : ERROR_CODES.converter_refused.exit;
};
