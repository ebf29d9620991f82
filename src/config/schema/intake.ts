// `intake`: watch folders and what happens to their files. Source: configuration.md 2.

import { z } from 'zod';
import { duration, integer, MS, name, pathText, pattern, refusal } from '../values.ts';

const TEMPORARY = [
  '.*',
  '~*',
  '*.tmp',
  '*.temp',
  '*.part',
  '*.partial',
  '*.crdownload',
  '*.filepart',
  '*.swp',
  '*.lock',
];

const patterns = () => z.array(pattern).max(100);

const watchFolderSchema = z.object({
  path: pathText,
  enabled: z.boolean().prefault(true),
  recursive: z.boolean().prefault(false),
  include: patterns().prefault(['*']),
  exclude: patterns().prefault([]),
  settle: duration({ min: 100, max: MS.hour }).prefault('2 s'),
  poll: z.enum(['auto', 'always']).prefault('auto'),
  pollEvery: duration({ min: MS.second, max: MS.hour }).prefault('5 s'),
  converters: z
    .array(z.string().min(1).max(64))
    .superRefine((names, context) => {
      if (names.length <= 1) return;
      const message = 'several candidates are not offered yet: name one converter, or none to let one be chosen';
      context.addIssue({ code: 'custom', ...refusal('out_of_range', message) });
    })
    .prefault([]),
  arguments: z.record(z.string(), z.json()).prefault({}),
  priority: integer(1, 10).prefault(5),
  onDone: z.enum(['keep', 'delete', 'move']).prefault('move'),
  doneFolder: pathText.prefault('Done'),
  onFailed: z.enum(['keep', 'move']).prefault('move'),
  errorFolder: pathText.prefault('Error'),
  unreadable: duration({ min: 10 * MS.second, max: 7 * MS.day }).prefault('10 min'),
});

/** `intake`. */
export const intakeSchema = z.object({
  rescan: duration({ min: 5 * MS.second, max: MS.day }).prefault('60 s'),
  temporary: patterns().prefault(TEMPORARY),
  inFlight: integer(1, 1000).prefault(64),
  remember: duration({ min: MS.day, max: 400 * MS.day }).prefault('30 d'),
  folders: z.record(name, watchFolderSchema).prefault({}),
});

/** `intake`, read. */
export type IntakeConfig = z.output<typeof intakeSchema>;
/** One watch folder, read. */
export type WatchFolderConfig = z.output<typeof watchFolderSchema>;
