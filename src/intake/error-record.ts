// What lies beside a failed file: why it failed, for people and scripts.

import type { PostAction } from '../store/types.ts';

/**
 * The text of `<file>.error.json`: the same for the same action, so that it can be told from another one.
 *
 * @param action - A failed one.
 */
export function toErrorRecord({
  folder,
  path,
  submissionId,
  converter,
  failure,
  endedAtUnixMs,
  sha256,
}: PostAction): string {
  const record = {
    schemaVersion: 1,
    folder,
    file: path,
    sha256,
    submissionId,
    converter,
    code: failure?.code ?? 'internal',
    reason: failure?.message ?? 'it is not known why',
    place: { file: failure?.file ?? null, line: failure?.line ?? null, column: failure?.column ?? null },
    endedAt: new Date(endedAtUnixMs).toISOString(),
  };
  return `${JSON.stringify(record, null, 2)}\n`;
}
