// Answers report/submit: reads the file, hands it to the store, answers after the commit.

import { assertNever } from '../core/assert-never.ts';
import { AirlockError } from '../core/errors.ts';
import type { CallContext, Handler } from '../protocol/handler.ts';
import type { ParamsOf } from '../protocol/method-spec.ts';
import type { reportSubmit } from '../protocol/methods/report-submit.ts';
import type { AcceptOutcome, KnownAnswer, Store } from '../store/types.ts';
import { hashOnly } from './hash-only.ts';
import { type ReadInputDeps, readInput, refused } from './read-input.ts';

/** What the method needs. */
export type ReportSubmitDeps = ReadInputDeps & { readonly store: Pick<Store, 'accept' | 'findFirst' | 'openUpload'> };

type Params = ParamsOf<typeof reportSubmit>;

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

const hasStream = ({ stream, companions = [] }: Params): boolean =>
  stream !== undefined || companions.some((each) => each.stream !== undefined);

/** A hash says it all where it was given; else the bytes have to be seen. */
async function answerRepeated(
  deps: ReadInputDeps,
  params: Params,
  { first, context }: { readonly first: KnownAnswer; readonly context: CallContext },
): Promise<AcceptOutcome> {
  const { sha256, size = first.bytes, companions = [] } = params;
  if (sha256 === first.sha256 && size === first.bytes && companions.length === 0) {
    return first.again({ sha256, companions: [] });
  }
  await using input = await readInput({ ...deps, store: hashOnly }, params, { context, purpose: 'converted' });
  return first.again({ sha256: input.main.sha256, companions: input.companions });
}

/**
 * Take one file in, with its companions.
 *
 * @throws {AirlockError} invalid_params, too_large, request_failed (`size_mismatch`, `sha256_mismatch`, `stalled`), queue_full, conflict.
 */
export const handleReportSubmit: Handler<typeof reportSubmit, ReportSubmitDeps> = async (deps, params, context) => {
  const { kid } = context.caller;
  const { idempotencyKey } = params;
  // Order: before room is asked for, which a repeated call needs none of. The store does the same by itself for what came inline.
  const first = hasStream(params) ? await deps.store.findFirst({ kid, idempotencyKey }) : null;
  if (first !== null) return toAnswer(await answerRepeated(deps, params, { first, context }), params.name);
  await using input = await readInput(deps, params, { context, purpose: 'kept' });
  const { main, companions } = input;
  context.decide();
  const outcome = await deps.store.accept({
    kid,
    idempotencyKey,
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
