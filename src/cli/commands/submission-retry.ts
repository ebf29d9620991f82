// airlock submission retry: files that were taken in are converted once more.

import type { RetryableSubmissionState } from '../../core/states.ts';
import type { Command } from '../context.ts';
import { connectDaemon, patiently } from '../daemon-link.ts';
import { tellSelected } from '../tell-selected.ts';

/** Which submissions: ids or a state; `converter` null and no arguments = as they were sent. */
export type SubmissionRetryArguments = {
  readonly ids: readonly string[];
  readonly state: RetryableSubmissionState | null;
  readonly converter: string | null;
  readonly arguments: Readonly<Record<string, string>>;
  readonly isDryRun: boolean;
};

/** Given arguments replace all that were sent. @throws {AirlockError} invalid_params. */
export const submissionRetry: Command<SubmissionRetryArguments> = async (context, input) => {
  await using client = await connectDaemon(context);
  const { ids, state, converter, isDryRun } = input;
  const result = await client.call(
    'submission/retry',
    {
      dryRun: isDryRun,
      ...(ids.length === 0 ? {} : { ids: [...ids] }),
      ...(state === null ? {} : { state }),
      ...(converter === null ? {} : { converter }),
      ...(Object.keys(input.arguments).length === 0 ? {} : { arguments: { ...input.arguments } }),
    },
    patiently(context),
  );
  return tellSelected(context.output, result, { what: 'submissions', done: 'tried again' });
};
