// airlock intake list | rescan: the watch folders.

import type { ResultOf } from '../../protocol/method-spec.ts';
import type { intakeList as spec } from '../../protocol/methods/intake-list.ts';
import type { Command } from '../context.ts';
import { connectDaemon } from '../daemon-link.ts';
import { type Output, toPrintable } from '../output.ts';

type Folder = ResultOf<typeof spec>['folders'][number];

function printFolder(output: Output, folder: Folder): void {
  const { name, path, state, reason, waiting, inFlight, done, failed, actions } = folder;
  const line = (text: string): void => output.line(toPrintable(text));
  line(`${name}  ${state}${reason === null ? '' : ` (${reason})`}  ${path}`);
  line(`  ${waiting} waiting, ${inFlight} in flight, ${done} done, ${failed} failed, ${actions} to put away`);
  for (const file of folder.unreadable) line(`  cannot be opened: ${file}`);
  for (const { path: odd, what } of folder.odd) line(`  never opened, a ${what}: ${odd}`);
  for (const { path: file, code, message } of folder.failures) line(`  failed: ${file}: ${code}: ${message}`);
  if (folder.firstFailing !== null)
    line(`  cannot be put away: ${folder.firstFailing.path}: ${folder.firstFailing.error}`);
}

/** @throws {AirlockError} not_running. */
export const intakeList: Command<Record<string, never>> = async (context) => {
  await using client = await connectDaemon(context);
  const { output } = context;
  const answer = await client.call('intake/list', {});
  if (output.isJson) output.document(answer);
  if (answer.folders.length === 0) output.line('no watch folder is configured');
  for (const folder of answer.folders) printFolder(output, folder);
  return 0;
};

/** @throws {AirlockError} not_running, not_found. */
export const intakeRescan: Command<{ readonly folder: string | null }> = async (context, { folder }) => {
  await using client = await connectDaemon(context);
  const { output } = context;
  const answer = await client.call('intake/rescan', folder === null ? {} : { folder });
  if (output.isJson) output.document(answer);
  output.line(`looking through ${answer.folders.length === 0 ? 'nothing' : answer.folders.join(', ')}`);
  return 0;
};
