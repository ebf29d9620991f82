// airlock report resend: reports once more to a destination.

import { EXIT_PARTIAL } from '../../core/errors.ts';
import type { Command } from '../context.ts';
import { connectDaemon, patiently } from '../daemon-link.ts';

/** `since`: RFC 3339 with a zone. */
export type ResendArguments = { readonly destination: string; readonly since: string; readonly isDryRun: boolean };

/** Exit 0; 2 when some stay as they are, 1 when all do. @throws {AirlockError} not_found; invalid_params. */
export const reportResend: Command<ResendArguments> = async (context, { destination, since, isDryRun }) => {
  await using client = await connectDaemon(context);
  const { output } = context;
  const result = await client.call('report/resend', { destination, since, dryRun: isDryRun }, patiently(context));
  const { count, converting, skipped } = result;
  const are = isDryRun ? 'would be' : 'are';
  if (output.isJson) output.document(result);
  output.line(`${count} reports ${are} sent once more, ${converting} files ${are} converted again for it`);
  for (const [reason, left] of Object.entries(skipped))
    if (left > 0) output.line(`left as they are: ${left} (${reason})`);
  // What is still on its way there needs nothing.
  if (skipped.file_gone + skipped.queue_full === 0) return 0;
  return count + converting > 0 ? EXIT_PARTIAL : 1;
};
