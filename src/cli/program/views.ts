// The command line's part about files that were taken in, and the reports they became.

import { type Command as Commander, Option } from 'commander';
import {
  DELETABLE_SUBMISSION_STATES,
  DELIVERY_STATES,
  RETRYABLE_SUBMISSION_STATES,
  SUBMISSION_STATES,
} from '../../core/states.ts';
import { collectPairs, collectUuids, parseUuid } from '../argument-values.ts';
import { addList, type Choose, type ListOptions, toList } from './choose.ts';

type RetryOptions = {
  readonly state?: string;
  readonly converter?: string;
  readonly arg: Readonly<Record<string, string>>;
  readonly dryRun?: boolean;
};

type ResendOptions = { readonly destination: string; readonly since: string; readonly dryRun?: boolean };

function addSubmissionRetry(submission: Commander, choose: Choose): void {
  submission
    .command('retry')
    .description('convert files again, as long as they are kept: by id, or all in a state')
    .argument('[id...]', 'submission ids', collectUuids)
    .addOption(new Option('--state <state>', 'all in this state').choices(RETRYABLE_SUBMISSION_STATES))
    .option('--converter <name>', 'another converter')
    .option('--arg <name=value>', 'other arguments for the converter, repeatable', collectPairs, {})
    .option('--dry-run', 'only say how many')
    .action((ids: readonly string[] | undefined, { state, converter, arg, dryRun }: RetryOptions) =>
      choose(async () => (await import('../commands/submission-retry.ts')).submissionRetry, {
        ids: ids ?? [],
        state: RETRYABLE_SUBMISSION_STATES.find((name) => name === state) ?? null,
        converter: converter ?? null,
        arguments: arg,
        isDryRun: dryRun === true,
      }),
    );
}

function addSubmissionDelete(submission: Commander, choose: Choose): void {
  submission
    .command('delete')
    .description(
      'delete files for good, with their reports and what was still to be delivered: by id, or all in a state',
    )
    .argument('[id...]', 'submission ids', collectUuids)
    .addOption(new Option('--state <state>', 'all in this state').choices(DELETABLE_SUBMISSION_STATES))
    .option('--dry-run', 'only say how many')
    .action((ids: readonly string[] | undefined, { state, dryRun }: Pick<RetryOptions, 'state' | 'dryRun'>) =>
      choose(async () => (await import('../commands/submission-delete.ts')).submissionDelete, {
        ids: ids ?? [],
        state: DELETABLE_SUBMISSION_STATES.find((name) => name === state) ?? null,
        isDryRun: dryRun === true,
      }),
    );
}

/** `submission`. */
export function addSubmission(program: Commander, choose: Choose): void {
  const submission = program.command('submission').description('what became of the files that were taken in');
  addList(submission.command('list').description('newest first'), SUBMISSION_STATES).action((options: ListOptions) =>
    choose(async () => (await import('../commands/submission.ts')).submissionList, toList(SUBMISSION_STATES, options)),
  );
  submission
    .command('show')
    .description('one of them, with its log and its failure')
    .argument('<id>', 'submission id', parseUuid)
    .action((submissionId: string) =>
      choose(async () => (await import('../commands/submission.ts')).submissionShow, { submissionId }),
    );
  addSubmissionRetry(submission, choose);
  addSubmissionDelete(submission, choose);
}

/** `report`. */
export function addReport(program: Commander, choose: Choose): void {
  const report = program.command('report').description('the reports that were made');
  addList(report.command('list').description('newest first'), DELIVERY_STATES).action((options: ListOptions) =>
    choose(async () => (await import('../commands/report.ts')).reportList, toList(DELIVERY_STATES, options)),
  );
  report
    .command('show')
    .description('one of them, with the fate of its deliveries; --json prints the canonical report')
    .argument('<id>', 'report id', parseUuid)
    .action((reportId: string) => choose(async () => (await import('../commands/report.ts')).reportShow, { reportId }));
  report
    .command('resend')
    .description('send reports to a destination once more, converted again where they are not kept')
    .requiredOption('--destination <name>', 'as in the configuration')
    .requiredOption('--since <time>', 'reports made since then, e.g. 2026-11-01T00:00:00Z')
    .option('--dry-run', 'only say how many')
    .action(({ destination, since, dryRun }: ResendOptions) =>
      choose(async () => (await import('../commands/report-resend.ts')).reportResend, {
        destination,
        since,
        isDryRun: dryRun === true,
      }),
    );
}
