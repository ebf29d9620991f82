// report/resend: reports once more to a destination, e.g. one that is new.

import { z } from 'zod';
import type { MethodSpec } from '../method-spec.ts';
import { keyParam } from '../selection.ts';
import { destinationParam } from './queue-list.ts';

/** The newest revision of every report that was made since then. Where the body is gone (it goes with the last delivery) its submission is
 * converted again, as long as its file is kept; what comes out changed is the next revision. Errors: not_found for a destination that is
 * not configured; invalid_params; conflict. */
export const reportResend = {
  name: 'report/resend',
  sinceVersion: 1,
  scopes: ['admin'],
  rateClass: 'calls',
  params: z.strictObject({
    destination: destinationParam,
    /** RFC 3339 with a zone. */
    since: z.iso.datetime({ offset: true }),
    dryRun: z.boolean().default(false),
    ...keyParam,
  }),
  result: z.object({
    /** Reports that are sent once more. */
    count: z.int(),
    /** Submissions that are converted once more for it. */
    converting: z.int(),
    dryRun: z.boolean(),
    /** `wrong_state`: still to be delivered there, or dead. */
    skipped: z.object({ file_gone: z.int(), queue_full: z.int(), wrong_state: z.int() }),
  }),
} as const satisfies MethodSpec;
