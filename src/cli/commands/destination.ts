// airlock destination list|test: where reports go, and whether it would take them.

import type { Command } from '../context.ts';
import { connectDaemon } from '../daemon-link.ts';
import { toPrintableLine } from '../output.ts';

/** One line each with what waits for it; with `--json` one document each. */
export const destinationList: Command<Record<string, never>> = async (context) => {
  await using client = await connectDaemon(context);
  const { output } = context;
  for (const item of (await client.call('destination/list', {})).items) {
    if (output.isJson) output.document(item);
    const counts = Object.entries(item.deliveries).map(([state, count]) => `${count} ${state}`);
    const since = item.since === null ? '' : ` since ${item.since}`;
    const words = counts.length === 0 ? 'nothing sent yet' : counts.join(', ');
    output.line(`${item.name} ${item.type ?? '-'} ${item.state}${since}: ${words}`);
    if (item.reason !== null) output.line(`  ${toPrintableLine(item.reason)}`);
    if (item.nextTryAt !== null) output.line(`  tried again at ${item.nextTryAt}`);
  }
  return 0;
};

const MARKS = { ok: 'green', failed: 'red', skipped: 'dim' } as const;

/** Exit 0 when every step is ok, else 1. @throws {AirlockError} not_found. */
export const destinationTest: Command<{ readonly name: string }> = async (context, { name }) => {
  await using client = await connectDaemon(context);
  const { output } = context;
  const result = await client.call('destination/test', { name }, { signal: context.signal, deadlineMs: 120_000 });
  if (output.isJson) output.document(result);
  for (const step of result.steps)
    output.line(
      `${output.style(MARKS[step.result], step.result.padEnd(7))} ${step.name}: ${toPrintableLine(step.message)}`,
    );
  output.line(result.ok ? `${name} takes reports` : `${name} does not take reports as it is`);
  return result.ok ? 0 : 1;
};
