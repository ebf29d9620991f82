// airlock report list|show: the reports that were made, and the fate of their deliveries.

import { AirlockError } from '../../core/errors.ts';
import type { DeliveryState } from '../../core/states.ts';
import type { ResultOf } from '../../protocol/method-spec.ts';
import type { reportGet } from '../../protocol/methods/report-get.ts';
import type { Command } from '../context.ts';
import { connectDaemon } from '../daemon-link.ts';
import { type Output, toPrintableLine } from '../output.ts';
import { type ListArguments, printPage } from '../page.ts';

type Report = ResultOf<typeof reportGet>;

/** Newest first, one line each; with `--json` one document each, the last with `nextCursor` when there is more. */
export const reportList: Command<ListArguments<DeliveryState>> = async (context, { limit, cursor, state }) => {
  await using client = await connectDaemon(context);
  const { output } = context;
  const page = await client.call('report/list', {
    limit,
    ...(cursor === null ? {} : { cursor }),
    ...(state === null ? {} : { state }),
  });
  printPage(output, page, {
    print: ({ reportId, createdAt, outcome, state: is, partNumber, serialNumber }) => {
      const unit = `${partNumber ?? '-'} ${serialNumber ?? '-'}`;
      output.line(`${reportId} ${createdAt} ${outcome} ${is} ${toPrintableLine(unit)}`);
    },
    empty: 'no report found',
  });
  return 0;
};

function printDeliveries(output: Output, { deliveries }: Report): void {
  for (const { destination, state, attempts, tries, dueAt, lastError, answer } of deliveries) {
    const due = dueAt === null ? '' : `, tried again at ${dueAt}`;
    output.line(`  ${destination}: ${state}, ${tries} requests, ${attempts} failures${due}`);
    if (lastError !== null) output.line(`    ${toPrintableLine(lastError)}`);
    if (answer !== null) output.line(`    the server said: ${toPrintableLine(answer)}`);
  }
}

/**
 * One report for people; with `--json` the bare canonical report, whose `schema` is its version.
 *
 * @throws {AirlockError} not_found, also with `--json` once the body is retired.
 */
export const reportShow: Command<{ readonly reportId: string }> = async (context, { reportId }) => {
  await using client = await connectDaemon(context);
  const { output } = context;
  const found = await client.call('report/get', { reportId });
  if (output.isJson && found.report === null) {
    throw new AirlockError(
      'not_found',
      `Cannot show report ${reportId}: it is delivered everywhere and its body is retired`,
    );
  }
  if (output.isJson) output.bare(found.report);
  output.line(`${found.reportId} revision ${found.revision}, ${found.kind} ${found.outcome}, ${found.bytes} bytes`);
  output.line(
    `  ${toPrintableLine(`part ${found.partNumber ?? '-'}, serial ${found.serialNumber ?? '-'}`)}, submission ${found.submissionId}`,
  );
  printDeliveries(output, found);
  return 0;
};
