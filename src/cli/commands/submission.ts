// airlock submission list|show: what became of the files that were taken in.

import type { SubmissionState } from '../../core/states.ts';
import type { ResultOf } from '../../protocol/method-spec.ts';
import type { submissionGet } from '../../protocol/methods/submission-get.ts';
import type { Command } from '../context.ts';
import { connectDaemon } from '../daemon-link.ts';
import { type Output, toPrintableLine } from '../output.ts';
import { type ListArguments, printPage } from '../page.ts';
import { printSubmitLine } from '../submit/print.ts';
import { toSubmitLine } from '../submit/result.ts';

type Submission = ResultOf<typeof submissionGet>;

/** Newest first, one line each; with `--json` one document each, the last with `nextCursor` when there is more. */
export const submissionList: Command<ListArguments<SubmissionState>> = async (context, { limit, cursor, state }) => {
  await using client = await connectDaemon(context);
  const { output } = context;
  const page = await client.call('submission/list', {
    limit,
    ...(cursor === null ? {} : { cursor }),
    ...(state === null ? {} : { state }),
  });
  printPage(output, page, {
    print: ({ submissionId, receivedAt, state: is, name, reason }) => {
      const why = reason === null ? '' : ` (${reason})`;
      output.line(`${submissionId} ${receivedAt} ${is} ${toPrintableLine(name + why)}`);
    },
    empty: 'no submission found',
  });
  return 0;
};

function printSubmission(output: Output, submission: Submission): void {
  printSubmitLine(output, toSubmitLine(submission.name, submission));
  output.line(
    `  received ${submission.receivedAt} by key ${submission.kid}, ${submission.bytes} bytes, SHA-256 ${submission.sha256}`,
  );
  const { failure, dueAt } = submission;
  if (failure?.line !== undefined && failure.line !== null) {
    output.line(`  at ${toPrintableLine(failure.file ?? submission.name)}:${failure.line}:${failure.column ?? 1}`);
  }
  if (dueAt !== null) output.line(`  tried again at ${dueAt}`);
  for (const { level, text } of submission.log) output.line(`  ${level}: ${toPrintableLine(text)}`);
}

/** Everything about one submission. @throws {AirlockError} not_found. */
export const submissionShow: Command<{ readonly submissionId: string }> = async (context, { submissionId }) => {
  await using client = await connectDaemon(context);
  const submission = await client.call('submission/get', { submissionId });
  if (context.output.isJson) context.output.document(submission);
  else printSubmission(context.output, submission);
  return 0;
};
