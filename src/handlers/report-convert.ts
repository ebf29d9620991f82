// Answers report/convert: reads the file, converts it in the sandbox, keeps nothing.

import type { ConversionCalls } from '../conversion/call-port.ts';
import type { CallResult } from '../conversion/calls.ts';
import type { Body, Companion } from '../core/body.ts';
import type { Handler } from '../protocol/handler.ts';
import type { ResultOf } from '../protocol/method-spec.ts';
import type { reportConvert } from '../protocol/methods/report-convert.ts';
import type { IncomingBody } from '../store/types.ts';
import { type InputFile, type ReadInputDeps, readInput } from './read-input.ts';

type Result = ResultOf<typeof reportConvert>;

/** What the method needs. */
export type ReportConvertDeps = ReadInputDeps & { readonly conversions: Pick<ConversionCalls, 'convert'> };

function toBody(body: IncomingBody): Body {
  return body.kind === 'inline' ? body : { kind: 'file', path: body.path, size: body.size };
}

function toCompanion({ name, body, sha256 }: InputFile): Companion {
  return { name, body: toBody(body), sha256 };
}

function toResult({ reports, converter, warnings, log, stats, ...end }: CallResult): Result {
  return {
    ...end,
    converter: converter === null ? null : { name: converter.name, version: converter.version },
    // Trust: the text was checked and written by us a moment ago.
    reports: reports.map(({ body }): Result['reports'][number] => JSON.parse(body)),
    warnings: [...warnings],
    log: [...log],
    stats,
  };
}

/**
 * Convert one file with its companions; whatever was written down on the way is removed before the answer.
 *
 * @throws {AirlockError} converter_failed, converter_timeout, converter_memory, converter_crashed, converter_refused, too_large, queue_full,
 * request_failed, invalid_params.
 */
export const handleReportConvert: Handler<typeof reportConvert, ReportConvertDeps> = async (deps, params, context) => {
  await using input = await readInput(deps, params, { context, purpose: 'converted' });
  const { main, companions } = input;
  const { caller, signal } = context;
  const file = {
    kid: caller.kid,
    name: main.name,
    body: toBody(main.body),
    sha256: main.sha256,
    companions: companions.map(toCompanion),
    converter: params.converter ?? null,
    arguments: params.arguments ?? {},
  };
  return toResult(await deps.conversions.convert(file, { signal }));
};
