// intake/list: every watch folder with what waits in it, what is being converted, and what went wrong.

import { z } from 'zod';
import type { MethodSpec } from '../method-spec.ts';
import { time } from '../shapes.ts';

/** One watch folder in one line. */
export const watchFolderSchema = z.object({
  name: z.string(),
  path: z.string(),
  state: z.enum(['watching', 'missing']),
  since: time,
  /** Why it is missing, or what is not as it should be: `queue_full: …`, `in_flight`, `store_failed`, `too_many_files`, `events_lost`. */
  reason: z.string().nullable(),
  /** Files that settle or wait to be taken. */
  waiting: z.int(),
  /** Taken in and not yet converted. */
  inFlight: z.int(),
  /** Known files by how they ended. */
  done: z.int(),
  failed: z.int(),
  /** Files that still have to be put away, and those of them that could not be so far. */
  actions: z.int(),
  failing: z.int(),
});

/** `intake/list` `{}`. */
export const intakeList = {
  name: 'intake/list',
  sinceVersion: 1,
  scopes: ['read', 'admin'],
  rateClass: 'calls',
  params: z.strictObject({}),
  result: z.object({
    folders: z.array(
      watchFolderSchema.extend({
        /** Files that cannot be opened for now, at most 20. */
        unreadable: z.array(z.string()),
        /** What is never opened, at most 20. */
        odd: z.array(
          z.object({
            path: z.string(),
            what: z.enum(['link', 'folder', 'fifo', 'socket', 'device', 'name', 'closed']),
          }),
        ),
        /** Newest first, at most 20. */
        failures: z.array(
          z.object({
            path: z.string(),
            submissionId: z.string().nullable(),
            code: z.string(),
            message: z.string(),
            at: time,
          }),
        ),
        /** Of the file that cannot be put away for the longest time. */
        firstFailing: z.object({ path: z.string(), error: z.string(), since: time }).nullable(),
      }),
    ),
  }),
} as const satisfies MethodSpec;
