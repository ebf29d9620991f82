// Why watch folders make the daemon degraded.

import type { StatusSources } from '../handlers/status-get.ts';
import type { IntakeFolder } from '../intake/intake.ts';

type StatusReason = ReturnType<StatusSources['reasons']>[number];

const toTime = (unixMs: number): string => new Date(unixMs).toISOString();

function missingReason({ name, path, state, reason, sinceUnixMs }: IntakeFolder): readonly StatusReason[] {
  if (state !== 'missing') return [];
  return [
    {
      code: 'folder_missing',
      since: toTime(sinceUnixMs),
      subject: name,
      message: `the watch folder ${path} cannot be used (${reason ?? 'it was not looked for yet'})`,
      action: `make the folder, mount the drive, or change intake.folders.${name}; it is watched as soon as it is there`,
    },
  ];
}

function actionReason({ name, firstFailing, failing }: IntakeFolder): readonly StatusReason[] {
  if (firstFailing === null) return [];
  return [
    {
      code: 'post_action_failed',
      since: toTime(firstFailing.sinceUnixMs),
      subject: name,
      message: `${failing} finished file(s) cannot be put away, first "${firstFailing.path}": ${firstFailing.error}`,
      action: 'airlock intake list shows them; they are tried again by themselves once the cause is mended',
    },
  ];
}

/**
 * Reasons of all watch folders.
 *
 * @param folders - As they are now.
 */
export function intakeReasons(folders: readonly IntakeFolder[]): readonly StatusReason[] {
  return folders.flatMap((folder) => [...missingReason(folder), ...actionReason(folder)]);
}
