// airlock submission delete: files that were taken in go for good, with their reports.

import type { DELETABLE_SUBMISSION_STATES } from '../../core/states.ts';
import type { Command } from '../context.ts';
import { connectDaemon, patiently } from '../daemon-link.ts';
import { tellSelected } from '../tell-selected.ts';

/** Which submissions: ids or a state. */
export type SubmissionDeleteArguments = {
  readonly ids: readonly string[];
  readonly state: (typeof DELETABLE_SUBMISSION_STATES)[number] | null;
  readonly isDryRun: boolean;
};

/** @throws {AirlockError} invalid_params. */
export const submissionDelete: Command<SubmissionDeleteArguments> = async (context, { ids, state, isDryRun }) => {
  await using client = await connectDaemon(context);
  const result = await client.call(
    'submission/delete',
    {
      dryRun: isDryRun,
      ...(ids.length === 0 ? {} : { ids: [...ids] }),
      ...(state === null ? {} : { state }),
    },
    patiently(context),
  );
  return tellSelected(context.output, result, { what: 'submissions', done: 'deleted' });
};
