// Every attachment that a report names, wherever it stands.

import type { Attachment, CanonicalReport } from './schema.ts';
import { walk } from './tree.ts';

/**
 * Attachments of the report itself, of a repair's failures and of the steps, in this order.
 *
 * @param report - A canonical report.
 */
export function listAttachments({
  attachments,
  repair,
  root,
}: Pick<CanonicalReport, 'attachments' | 'repair' | 'root'>): readonly Attachment[] {
  const failures = repair?.failures ?? [];
  return [
    ...attachments,
    ...failures.flatMap((failure) => failure.attachments),
    ...walk(root).flatMap(({ step }) => step.attachments),
  ];
}
