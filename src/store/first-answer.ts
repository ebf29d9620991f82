// The answer that a key was given first, and what a repeated call under it is answered. Pure.

import type { SubmissionId } from '../core/ids.ts';
import { hash } from './hash.ts';
import type { AcceptOutcome } from './submission-types.ts';

/** What tells the content of one call from another's. */
export type CallHashes = {
  readonly sha256: string;
  /** Of the companions' names and hashes; empty without any. */
  readonly companionsHash: string;
};

/** What is remembered with a key. `size` in bytes, of the main file. */
export type FirstAnswer = CallHashes & { readonly submissionId: SubmissionId; readonly size: number };

type Named = { readonly name: string; readonly sha256: string };

/**
 * The hash of companions as it is remembered with an idempotency key.
 *
 * @param companions - In their order.
 */
export function hashCompanions(companions: readonly Named[]): string {
  return companions.length === 0 ? '' : hash(JSON.stringify(companions.map(({ name, sha256 }) => [name, sha256])));
}

/**
 * The first answer again, marked as `duplicate`; `conflict` for other content.
 *
 * @param first - As remembered.
 * @param content - Of the call that is to be answered.
 */
export function answerAgain(first: FirstAnswer, content: CallHashes): AcceptOutcome {
  const { submissionId, sha256, companionsHash, size } = first;
  const isSame = sha256 === content.sha256 && companionsHash === content.companionsHash;
  if (!isSame) return { kind: 'conflict', submissionId };
  return { kind: 'accepted', submissionId, sha256, bytes: size, duplicate: true };
}
