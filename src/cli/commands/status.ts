// airlock status: one screen about the daemon; the first thing to do is the last line.

import { formatDurationMs } from '../../core/units.ts';
import type { ResultOf } from '../../protocol/method-spec.ts';
import type { statusGet } from '../../protocol/methods/status-get.ts';
import type { Command } from '../context.ts';
import { connectDaemon } from '../daemon-link.ts';
import { type Output, toPrintable } from '../output.ts';

type Status = ResultOf<typeof statusGet>;

function counts(byState: Readonly<Record<string, number>>): string {
  const words = Object.entries(byState).flatMap(([state, count]) => (count === 0 ? [] : [`${count} ${state}`]));
  return words.length === 0 ? 'none' : words.join(', ');
}

function printParts(output: Output, status: Status): void {
  const { sandbox } = status;
  for (const destination of status.destinations) {
    const why = destination.reason === null ? '' : ` (${destination.reason})`;
    output.line(`destination   ${destination.name} ${destination.type} ${destination.state}${why}`);
  }
  for (const { name, state, reason, waiting, inFlight, failed } of status.intake) {
    const why = reason === null ? '' : ` (${reason})`;
    output.line(`watch folder  ${name} ${state}${why}, ${waiting} waiting, ${inFlight} in flight, ${failed} failed`);
  }
  for (const converter of status.converters)
    output.line(`converter     ${converter.name} ${converter.version ?? '-'} ${converter.state} (${converter.origin})`);
  output.line(`runners       ${sandbox.runners.busy} of ${sandbox.runners.size} busy, ${sandbox.runners.ready} ready`);
  output.line(
    `walls         ${sandbox.walls.map(({ name, active }) => `${name} ${active ? 'on' : 'OFF'}`).join(', ')}`,
  );
}

/**
 * Print a status for people.
 *
 * @param output - Where to.
 * @param status - Answer of `status/get`.
 */
export function printStatus(output: Output, status: Status): void {
  const style = status.state === 'ready' ? 'green' : 'yellow';
  output.line(
    `airlock ${status.version} ${output.style(style, status.state)}, instance ${status.instance}, up ${formatDurationMs(status.uptimeMs)}`,
  );
  output.line(`configuration ${status.config.path} (${status.config.state})`);
  output.line(
    `queue         ${status.queue.items} of ${status.queue.maxItems === 0 ? 'unlimited' : status.queue.maxItems} items`,
  );
  output.line(`submissions   ${counts(status.queue.submissions)}`);
  output.line(`deliveries    ${counts(status.queue.deliveries)}`);
  printParts(output, status);
  const { today } = status;
  output.line(
    `today         ${today.submissions} files, ${today.reports} reports, ${today.delivered} delivered, ${today.failed} failed`,
  );
  for (const { code, subject, message } of status.reasons)
    output.line(`${output.style('yellow', code)} ${toPrintable(`${subject}: ${message}`)}`);
  const [first] = status.reasons;
  if (first !== undefined) output.line(toPrintable(`next: ${first.action}`));
}

/** @throws {AirlockError} not_running. */
export const status: Command<Record<string, never>> = async (context) => {
  await using client = await connectDaemon(context);
  const answer = await client.call('status/get', {});
  if (context.output.isJson) context.output.document(answer);
  printStatus(context.output, answer);
  return 0;
};
