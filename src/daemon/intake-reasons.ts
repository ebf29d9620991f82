// Why watch folders make the daemon degraded.

import type { IntakeFolder } from '../intake/intake.ts';
import type { StatusReason, UndatedReason } from './reasons.ts';

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
      action: 'mend what the message names; they are tried again by themselves, at the latest after five minutes',
    },
  ];
}

function unreadableReason({ name, unreadable, unreadableFiles }: IntakeFolder): readonly StatusReason[] {
  if (unreadableFiles === null) return [];
  const { count, sinceUnixMs } = unreadableFiles;
  return [
    {
      code: 'file_unreadable',
      since: toTime(sinceUnixMs),
      subject: name,
      message: `${count} file(s) cannot be opened for reading, one of them "${unreadable[0] ?? ''}"`,
      action: `let the daemon's user read them, or end the program that holds them; airlock intake list names up to 20`,
    },
  ];
}

/** What helps where the system tells no changes. Source: inotify(7), errors of inotify_init and inotify_add_watch. */
function mendEvents(code: string, name: string): string {
  const otherwise = `set intake.folders.${name}.poll to "always"`;
  if (code === 'ENOSPC') return `raise fs.inotify.max_user_watches, or ${otherwise}`;
  if (code === 'EMFILE') return `raise fs.inotify.max_user_instances or the limit of open files, or ${otherwise}`;
  return otherwise;
}

function eventsReason({ name, path, eventsLost }: IntakeFolder): readonly StatusReason[] {
  if (eventsLost === null) return [];
  const { code, sinceUnixMs } = eventsLost;
  return [
    {
      code: 'events_lost',
      since: toTime(sinceUnixMs),
      subject: name,
      message: `the system does not tell what changes in ${path} (${code}): it is looked through every pollEvery instead`,
      action: mendEvents(code, name),
    },
  ];
}

/**
 * Reasons of all watch folders that know since when they hold.
 *
 * @param folders - As they are now.
 */
export function intakeReasons(folders: readonly IntakeFolder[]): readonly StatusReason[] {
  return folders.flatMap((folder) => [
    ...missingReason(folder),
    ...unreadableReason(folder),
    ...eventsReason(folder),
    ...actionReason(folder),
  ]);
}

function waitingReason({ name, path, state, reason, waiting }: IntakeFolder): readonly UndatedReason[] {
  if (state === 'missing' || reason === null) return [];
  if (reason === 'too_many_files') {
    const message = `${path} holds more entries than a scan lists: what is beyond them is found by events only`;
    const action = `set intake.folders.${name}.onDone to "move" or "delete", or empty the folder`;
    return [{ code: 'too_many_files', subject: name, message, action }];
  }
  if (!reason.startsWith('queue_full')) return [];
  const message = `${waiting} file(s) wait in ${path} until the queue has room (${reason})`;
  return [{ code: 'queue_full', subject: name, message, action: 'airlock queue list' }];
}

/**
 * Limits that watch folders are at; a reason is as old as the first status that named it.
 *
 * @param folders - As they are now.
 */
export function intakeLimitReasons(folders: readonly IntakeFolder[]): readonly UndatedReason[] {
  return folders.flatMap(waitingReason);
}
