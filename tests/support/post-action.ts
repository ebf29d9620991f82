// What the tests of post actions share: an action for a file that lies there, its file opened, and a logger that remembers.

import { toSubmissionId } from '../../src/core/ids.ts';
import { type Logger, silentLogger } from '../../src/core/logger.ts';
import { lookAt } from '../../src/intake/look-at.ts';
import { openActionFile } from '../../src/intake/post-action-file.ts';
import { hash } from '../../src/store/hash.ts';
import type { PostAction } from '../../src/store/types.ts';

/** What {@link actionFor} takes the file to hold. */
export const TEXT = 'a;b;c';

/** An action for the file as it is now. */
export async function actionFor(root: string, path: string, more: Partial<PostAction> = {}): Promise<PostAction> {
  const found = await lookAt(root, path);
  return {
    seq: 7,
    folder: 'ict',
    path,
    identity: found.kind === 'file' ? found.identity : 'none',
    sha256: hash(TEXT),
    submissionId: toSubmissionId('01970000-0000-7000-8000-0000deadbeef'),
    outcome: 'done',
    converter: null,
    failure: null,
    endedAtUnixMs: Date.UTC(2026, 10, 21, 12, 30, 5),
    attempts: 0,
    ...more,
  };
}

/** Its file; the caller closes it. */
export async function openOurs(root: string, action: PostAction) {
  const opened = await openActionFile(root, action, { signal: new AbortController().signal });
  if (opened.kind !== 'ours') throw new Error(`expected our file, got ${opened.kind}`);
  return opened.ours;
}

/** A logger whose messages can be read. */
export function makeListeningLogger(): { readonly log: Logger; readonly messages: readonly string[] } {
  const messages: string[] = [];
  const note = (_fields: unknown, message: string): void => void messages.push(message);
  const log: Logger = { ...silentLogger, info: note, warn: note, error: note, child: () => log };
  return { log, messages };
}
