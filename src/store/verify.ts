// Checks every stored body against its hash: what lies in the database on the store's thread, files on the main thread as they are read.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { isSystemError } from '../core/errors.ts';
import type { DamagedBody, QueueStore, VerifyOutcome } from './queue-types.ts';
import type { FileBody, VerifyBatch, VerifyPlace } from './verify-rows.ts';

/** What {@link makeVerify} needs. */
export type VerifyDeps = {
  /** Folder of the files that hold large bodies. */
  readonly payload: string;
  readonly next: (after: VerifyPlace | null) => Promise<VerifyBatch>;
  readonly isNamed: (body: FileBody) => Promise<boolean>;
};

/** Damaged bodies that are named; the others are counted. */
const MAX_NAMED = 100;

async function findProblem(
  payload: string,
  { file, size, sha256 }: FileBody,
  { signal }: { readonly signal: AbortSignal },
): Promise<DamagedBody['problem'] | null> {
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    for await (const piece of createReadStream(join(payload, file), { signal })) {
      hash.update(piece);
      bytes += piece.length;
    }
  } catch (error) {
    signal.throwIfAborted();
    return isSystemError(error, 'ENOENT', 'ENOTDIR') ? 'missing' : 'unreadable';
  }
  return bytes === size && hash.digest('hex') === sha256 ? null : 'mismatch';
}

/**
 * Make the check.
 *
 * @param deps - The store's thread and folder.
 */
export function makeVerify({ payload, next, isNamed }: VerifyDeps): QueueStore['verify'] {
  return async ({ signal, onProgress }) => {
    let outcome: VerifyOutcome = { checked: 0, bytes: 0, damagedCount: 0, damaged: [] };
    for (let after: VerifyPlace | null = null; ; ) {
      signal.throwIfAborted();
      const batch: VerifyBatch = await next(after);
      const damaged: DamagedBody[] = [...batch.damaged];
      let { bytes } = batch;
      for (const body of batch.files) {
        const problem = await findProblem(payload, body, { signal });
        bytes += body.size;
        // Race: let go while it was read is not damaged.
        if (problem !== null && (await isNamed(body))) damaged.push({ kind: body.kind, id: body.id, problem });
      }
      outcome = {
        checked: outcome.checked + batch.checked,
        bytes: outcome.bytes + bytes,
        damagedCount: outcome.damagedCount + damaged.length,
        damaged: [...outcome.damaged, ...damaged].slice(0, MAX_NAMED),
      };
      onProgress(outcome);
      if (batch.next === null) return outcome;
      after = batch.next;
    }
  };
}
