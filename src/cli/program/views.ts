// The command line's part about files that were taken in, and the reports they became.

import type { Command as Commander } from 'commander';
import { DELIVERY_STATES, SUBMISSION_STATES } from '../../core/states.ts';
import { parseUuid } from '../argument-values.ts';
import { addList, type Choose, type ListOptions, toList } from './choose.ts';

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
}
