// airlock queue list|show: deliveries that wait.

import type { DeliveryState } from '../../core/states.ts';
import type { ResultOf } from '../../protocol/method-spec.ts';
import type { queueList as queueListSpec } from '../../protocol/methods/queue-list.ts';
import type { Command } from '../context.ts';
import { connectDaemon } from '../daemon-link.ts';
import { type Output, toPrintableLine } from '../output.ts';
import { type ListArguments, printPage } from '../page.ts';

type QueuedDelivery = ResultOf<typeof queueListSpec>['items'][number];

function printDelivery(output: Output, delivery: QueuedDelivery): void {
  const { id, state, reason, attempts, tries, dueAt, lastError, answer } = delivery;
  const why = reason === null || reason === lastError ? '' : ` (${reason})`;
  const due = dueAt === null ? '' : `, tried again at ${dueAt}`;
  output.line(toPrintableLine(`${id} ${state}${why}, ${tries} requests, ${attempts} failures${due}`));
  if (lastError !== null) output.line(`  ${toPrintableLine(lastError)}`);
  if (answer !== null) output.line(`  the server said: ${toPrintableLine(answer)}`);
}

/** Newest first; without a state all that is not delivered; with `--json` one document each. */
export const queueList: Command<ListArguments<DeliveryState> & { readonly destination: string | null }> = async (
  context,
  { limit, cursor, state, destination },
) => {
  await using client = await connectDaemon(context);
  const { output } = context;
  const page = await client.call('queue/list', {
    limit,
    ...(cursor === null ? {} : { cursor }),
    ...(state === null ? {} : { state }),
    ...(destination === null ? {} : { destination }),
  });
  printPage(output, page, { print: (item) => printDelivery(output, item), empty: 'no delivery found' });
  return 0;
};

/** One delivery, by `reportId@destination`. @throws {AirlockError} not_found. */
export const queueShow: Command<{ readonly id: string }> = async (context, { id }) => {
  await using client = await connectDaemon(context);
  const { output } = context;
  const delivery = await client.call('queue/get', { id });
  if (output.isJson) output.document(delivery);
  else printDelivery(output, delivery);
  return 0;
};
