// Answers report/submit: reads the file, hands it to the store, answers after the commit.

import { assertNever } from '../core/assert-never.ts';
import { AirlockError } from '../core/errors.ts';
import type { Handler } from '../protocol/handler.ts';
import type { reportSubmit } from '../protocol/methods/report-submit.ts';
import type { AcceptOutcome, Store } from '../store/types.ts';
import { readInput, refused } from './read-input.ts';

/** What the method needs; `limitBytes` is the largest file. */
export type ReportSubmitDeps = {
  readonly store: Pick<Store, 'accept' | 'openUpload'>;
  readonly limitBytes: number;
};

function toAnswer(outcome: AcceptOutcome, name: string) {
  switch (outcome.kind) {
    case 'accepted':
      return {
        submissionId: outcome.submissionId,
        sha256: outcome.sha256,
        bytes: outcome.bytes,
        duplicate: outcome.duplicate,
      };
    case 'queue_full':
    case 'too_large':
      throw refused(name, outcome);
    case 'conflict':
      throw new AirlockError('conflict', `Cannot take "${name}": the idempotency key was used for other content`, {
        data: { submissionId: outcome.submissionId },
      });
    default:
      return assertNever(outcome);
  }
}

/**
 * Take one file in, with its companions.
 *
 * @throws {AirlockError} invalid_params, too_large, request_failed (`size_mismatch`, `sha256_mismatch`), queue_full, conflict.
 */
export const handleReportSubmit: Handler<typeof reportSubmit, ReportSubmitDeps> = async (deps, params, context) => {
  await using input = await readInput(deps, params, { context, purpose: 'kept' });
  const { main, companions } = input;
  context.decide();
  const outcome = await deps.store.accept({
    kid: context.caller.kid,
    idempotencyKey: params.idempotencyKey,
    name: params.name,
    body: main.body,
    companions: companions.map(({ name, body }) => ({ name, body })),
    origin: null,
    converter: params.converter ?? null,
    arguments: params.arguments ?? {},
    priority: params.priority,
    group: params.group ?? null,
  });
  return toAnswer(outcome, params.name);
};
