// `sandbox` and `limits`: what a conversion may use and how large its reports may be. Source: configuration.md 2.

import { z } from 'zod';
import { BYTES, duration, integer, MS, size } from '../values.ts';

/** Names of the sandbox walls. */
export const WALLS = ['network', 'files', 'seccomp', 'rlimits', 'privileges', 'permission', 'watchdog'] as const;
/** One of {@link WALLS}. */
export type WallName = (typeof WALLS)[number];

const timeLimit = () => duration({ min: 1, max: MS.hour });
const heap = () => size({ min: 16 * BYTES.mib, max: 2 * BYTES.gib });

/** `sandbox.limits`: one conversion. Durations in milliseconds, sizes in bytes once read. */
export const sandboxLimitsSchema = z.object({
  wall: timeLimit().prefault('30 s'),
  wallPerMiB: timeLimit().prefault('1 s'),
  wallMax: timeLimit().prefault('5 min'),
  cpu: timeLimit().prefault('20 s'),
  cpuPerMiB: timeLimit().prefault('500 ms'),
  load: duration({ min: 100, max: 3 * MS.minute }).prefault('1 s'),
  heapStream: heap().prefault('64 MiB'),
  heapWhole: heap().prefault('256 MiB'),
  input: size({ min: BYTES.kib, max: 2 * BYTES.gib }).prefault('100 MiB'),
  output: size({ min: BYTES.kib, max: BYTES.gib }).prefault('64 MiB'),
  steps: integer(1, 10_000_000).prefault(200_000),
  logLines: integer(0, 1_000_000).prefault(1_000),
  logBytes: size({ max: BYTES.gib }).prefault('256 KiB'),
  logLine: size({ min: 16, max: BYTES.mib }).prefault('4 KiB'),
  errorText: size({ min: 16, max: BYTES.mib }).prefault('2 KiB'),
  errorStack: size({ min: 16, max: BYTES.mib }).prefault('8 KiB'),
});

const DEFAULT_WALLS = process.platform === 'linux' ? (['network', 'files'] as const) : ([] as const);

/** `sandbox`. */
export const sandboxSchema = z.object({
  runners: z.union([z.literal('auto'), integer(1, 16)]).prefault('auto'),
  recycle: z
    .object({
      jobs: integer(1, 100_000).prefault(500),
      age: duration({ min: MS.minute, max: MS.day }).prefault('10 min'),
    })
    .prefault({}),
  requireWalls: z.array(z.enum(WALLS)).prefault([...DEFAULT_WALLS]),
  limits: sandboxLimitsSchema.prefault({}),
});

/** `limits`: one report. */
export const limitsSchema = z.object({
  depth: integer(1, 256).prefault(64),
  steps: integer(1, 1_000_000).prefault(50_000),
  measurements: integer(1, 100_000).prefault(1_000),
  seriesPoints: integer(1, 10_000_000).prefault(100_000),
  report: size({ min: BYTES.kib, max: BYTES.gib }).prefault('50 MiB'),
  reports: integer(1, 1_000_000).prefault(1_000),
  attachments: integer(0, 100_000).prefault(100),
  attachment: size({ min: 1, max: BYTES.gib }).prefault('10 MiB'),
  extensions: size({ max: BYTES.gib }).prefault('64 KiB'),
  tooLong: z.enum(['cut', 'reject']).prefault('cut'),
});

/** Limits of one conversion, in milliseconds, bytes and counts. */
export type SandboxLimits = z.output<typeof sandboxLimitsSchema>;
/** `sandbox`, read. */
export type SandboxConfig = z.output<typeof sandboxSchema>;
/** `limits`, read. */
export type ReportLimitsConfig = z.output<typeof limitsSchema>;
