// `sandbox` and `limits`: what a conversion may use and how large its reports may be. Source: configuration.md 2.

import { z } from 'zod';
import { formatBytes, formatDurationMs } from '../../core/units.ts';
import { BYTES, duration, integer, MS, refusal, size } from '../values.ts';

/** Names of the sandbox walls. */
const WALLS = ['network', 'files', 'seccomp', 'rlimits', 'privileges', 'permission', 'watchdog'] as const;
/** One of the walls. */
export type WallName = (typeof WALLS)[number];

const timeLimit = () => duration({ min: 1, max: MS.hour });
const heap = () => size({ min: 16 * BYTES.mib, max: 2 * BYTES.gib });

const kinds = {
  wall: timeLimit(),
  wallPerMiB: timeLimit(),
  wallMax: timeLimit(),
  cpu: timeLimit(),
  cpuPerMiB: timeLimit(),
  load: duration({ min: 100, max: 3 * MS.minute }),
  heapStream: heap(),
  heapWhole: heap(),
  input: size({ min: BYTES.kib, max: 2 * BYTES.gib }),
  output: size({ min: BYTES.kib, max: BYTES.gib }),
  steps: integer(1, 10_000_000),
  logLines: integer(0, 1_000_000),
  logBytes: size({ max: BYTES.gib }),
  logLine: size({ min: 16, max: BYTES.mib }),
  errorText: size({ min: 16, max: BYTES.mib }),
  errorStack: size({ min: 16, max: BYTES.mib }),
} as const;

// `sandbox.limits`: one conversion. Durations in milliseconds, sizes in bytes once read.
const sandboxLimitsSchema = z
  .object({
    wall: kinds.wall.prefault('30 s'),
    wallPerMiB: kinds.wallPerMiB.prefault('1 s'),
    wallMax: kinds.wallMax.prefault('5 min'),
    cpu: kinds.cpu.prefault('20 s'),
    cpuPerMiB: kinds.cpuPerMiB.prefault('500 ms'),
    load: kinds.load.prefault('1 s'),
    heapStream: kinds.heapStream.prefault('64 MiB'),
    heapWhole: kinds.heapWhole.prefault('256 MiB'),
    input: kinds.input.prefault('100 MiB'),
    output: kinds.output.prefault('64 MiB'),
    steps: kinds.steps.prefault(200_000),
    logLines: kinds.logLines.prefault(1_000),
    logBytes: kinds.logBytes.prefault('256 KiB'),
    logLine: kinds.logLine.prefault('4 KiB'),
    errorText: kinds.errorText.prefault('2 KiB'),
    errorStack: kinds.errorStack.prefault('8 KiB'),
  })
  .superRefine((limits, context) => {
    for (const key of ['cpu', 'cpuPerMiB'] as const) {
      if (limits[key] <= limits.wallMax) continue;
      const message = `must be at most sandbox.limits.wallMax (${formatDurationMs(limits.wallMax)}), received ${formatDurationMs(limits[key])}`;
      context.addIssue({ code: 'custom', path: [key], ...refusal('out_of_range', message) });
    }
  });

/** Limits that override `sandbox.limits` for one converter: only what was written, no defaults. */
export const sandboxLimitsOverlaySchema = z.object({
  wall: kinds.wall.exactOptional(),
  wallPerMiB: kinds.wallPerMiB.exactOptional(),
  wallMax: kinds.wallMax.exactOptional(),
  cpu: kinds.cpu.exactOptional(),
  cpuPerMiB: kinds.cpuPerMiB.exactOptional(),
  load: kinds.load.exactOptional(),
  heapStream: kinds.heapStream.exactOptional(),
  heapWhole: kinds.heapWhole.exactOptional(),
  input: kinds.input.exactOptional(),
  output: kinds.output.exactOptional(),
  steps: kinds.steps.exactOptional(),
  logLines: kinds.logLines.exactOptional(),
  logBytes: kinds.logBytes.exactOptional(),
  logLine: kinds.logLine.exactOptional(),
  errorText: kinds.errorText.exactOptional(),
  errorStack: kinds.errorStack.exactOptional(),
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
  memory: size({ min: 384 * BYTES.mib, max: 64 * BYTES.gib }).prefault('1 GiB'),
  requireWalls: z.array(z.enum(WALLS)).prefault([...DEFAULT_WALLS]),
  limits: sandboxLimitsSchema.prefault({}),
});

/** `limits`: one report. */
export const limitsSchema = z
  .object({
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
  })
  .superRefine((limits, context) => {
    for (const key of ['attachment', 'extensions'] as const) {
      if (limits[key] <= limits.report) continue;
      const message = `must be at most limits.report (${formatBytes(limits.report)}), received ${formatBytes(limits[key])}`;
      context.addIssue({ code: 'custom', path: [key], ...refusal('out_of_range', message) });
    }
  });

/** Limits of one conversion, in milliseconds, bytes and counts. */
export type SandboxLimits = z.output<typeof sandboxLimitsSchema>;
/** Limits of one converter that override them. */
export type SandboxLimitsOverlay = z.output<typeof sandboxLimitsOverlaySchema>;
/** `sandbox`, read. */
export type SandboxConfig = z.output<typeof sandboxSchema>;
/** `limits`, read. */
export type ReportLimitsConfig = z.output<typeof limitsSchema>;
