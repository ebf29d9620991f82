// Answers intake/list.

import type { Intake, IntakeFolder } from '../intake/intake.ts';
import type { Handler } from '../protocol/handler.ts';
import type { ResultOf } from '../protocol/method-spec.ts';
import type { intakeList } from '../protocol/methods/intake-list.ts';
import type { statusGet } from '../protocol/methods/status-get.ts';
import { toTime } from './rows.ts';

/** One watch folder in one line, as `status/get` shows it. */
export function toFolderLine(folder: IntakeFolder): ResultOf<typeof statusGet>['intake'][number] {
  const { name, path, state, sinceUnixMs, reason, waiting, inFlight, done, failed, actions, failing } = folder;
  return { name, path, state, since: toTime(sinceUnixMs), reason, waiting, inFlight, done, failed, actions, failing };
}

function toRow(folder: IntakeFolder): ResultOf<typeof intakeList>['folders'][number] {
  const { unreadable, odd, failures, firstFailing } = folder;
  return {
    ...toFolderLine(folder),
    unreadable: [...unreadable],
    odd: odd.map((entry) => ({ ...entry })),
    failures: failures.map(({ atUnixMs, ...failure }) => ({ ...failure, at: toTime(atUnixMs) })),
    firstFailing:
      firstFailing === null
        ? null
        : { path: firstFailing.path, error: firstFailing.error, since: toTime(firstFailing.sinceUnixMs) },
  };
}

/** As the loops and the store say it at this moment. */
export const handleIntakeList: Handler<typeof intakeList, { intake: Pick<Intake, 'list'> }> = async ({ intake }) => ({
  folders: (await intake.list()).map(toRow),
});
