// The whole configuration, schema version 2: the keys that exist so far. Source: configuration.md 2.

import { z } from 'zod';
import { BYTES, duration, integer, MS, name, pathText, refusal, size, stationText } from '../values.ts';
import { destinationSchema } from './destinations.ts';
import { intakeSchema } from './intake.ts';
import { ipcSchema } from './ipc.ts';
import { limitsSchema, sandboxLimitsOverlaySchema, sandboxSchema } from './sandbox.ts';

const daemonSchema = z.object({
  drain: duration({ max: 5 * MS.minute, zero: true }).prefault('10 s'),
  abort: duration({ min: MS.second, max: MS.minute }).prefault('5 s'),
});

const stationSchema = z
  .object({
    nameFrom: z.enum(['hostname', 'fixed', 'report']).prefault('hostname'),
    name: stationText.prefault(''),
    location: stationText.prefault(''),
    purpose: stationText.prefault(''),
    apply: z.enum(['missing', 'always', 'never']).prefault('missing'),
  })
  .superRefine((station, context) => {
    if (station.nameFrom !== 'fixed' || station.name !== '') return;
    const message = 'is needed when station.nameFrom is "fixed"';
    context.addIssue({ code: 'custom', path: ['name'], ...refusal('missing', message) });
  });

const converterFolderSchema = z.object({
  path: pathText,
  approve: z.enum(['manual', 'auto']).prefault('manual'),
});

const OWN_FOLDER = { path: 'converters', approve: 'manual' } as const;

// How sure a converter has to be, 0 … 1.
const confidence = z.number().min(0).max(1);

function checkThresholds(given: { alarm?: number | undefined; reject?: number | undefined }, context: z.RefinementCtx) {
  const { alarm, reject } = given;
  if (alarm === undefined || reject === undefined || reject <= alarm) return;
  const message = `must be at most alarm (${alarm}), received ${reject}`;
  context.addIssue({ code: 'custom', path: ['reject'], ...refusal('out_of_range', message) });
}

const converterSettingsSchema = z
  .object({
    enabled: z.boolean().prefault(true),
    priority: integer(1, 10).prefault(5),
    arguments: z.record(z.string(), z.json()).prefault({}),
    limits: sandboxLimitsOverlaySchema.prefault({}),
    alarm: confidence.optional(),
    reject: confidence.optional(),
  })
  .superRefine(checkThresholds);

const convertersSchema = z
  .object({
    folders: z
      .record(name, converterFolderSchema)
      .prefault({})
      // A map merges key by key with its default; leaving `own` out does not take it away.
      .transform(
        (folders): Record<string, z.output<typeof converterFolderSchema>> => ({ own: OWN_FOLDER, ...folders }),
      ),
    bundled: z.boolean().prefault(true),
    alarm: confidence.prefault(0.5),
    reject: confidence.prefault(0.2),
    retryLater: z
      .object({
        first: duration({ min: MS.second, max: MS.day }).prefault('60 s'),
        max: duration({ min: MS.second, max: MS.day }).prefault('1 h'),
        attempts: integer(1, 1000).prefault(20),
      })
      .prefault({}),
    settings: z.record(z.string(), converterSettingsSchema).prefault({}),
  })
  .superRefine(checkThresholds);

const queueSchema = z.object({
  maxItems: integer(0, 100_000_000).prefault(10_000),
  maxBytes: size({ max: 100_000 * BYTES.gib }).prefault('10 GiB'),
  minFreeDisk: size({ max: 100_000 * BYTES.gib }).prefault('1 GiB'),
  ballast: size({ max: BYTES.gib }).prefault('16 MiB'),
  receipts: z
    .object({
      keep: duration({ min: MS.day, max: 4000 * MS.day }).prefault('30 d'),
      count: integer(0, 100_000_000).prefault(100_000),
    })
    .prefault({}),
});

const observeSchema = z.object({
  log: z
    .object({ level: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).prefault('info') })
    .prefault({}),
});

/** Schema version of the configuration this build reads and writes. */
export const CONFIG_VERSION = 2;

/** The configuration file. Every key has a default; unknown keys are findings, not errors. */
export const configSchema = z.object({
  $schema: z.string().optional(),
  version: z.literal(CONFIG_VERSION).prefault(CONFIG_VERSION),
  daemon: daemonSchema.prefault({}),
  station: stationSchema.prefault({}),
  ipc: ipcSchema.prefault({}),
  sandbox: sandboxSchema.prefault({}),
  limits: limitsSchema.prefault({}),
  converters: convertersSchema.prefault({}),
  intake: intakeSchema.prefault({}),
  queue: queueSchema.prefault({}),
  destinations: z.record(name, destinationSchema).prefault({ folder: { type: 'directory' } }),
  observe: observeSchema.prefault({}),
});

/** The configuration in force: defaults filled in, durations in milliseconds, sizes in bytes. */
export type AirlockConfig = z.output<typeof configSchema>;
/** The configuration as a person writes it. */
export type AirlockConfigInput = z.input<typeof configSchema>;
/** `converters`, read. */
export type ConvertersConfig = AirlockConfig['converters'];
/** `station`, read. */
export type StationConfig = AirlockConfig['station'];
/** `queue`, read. */
export type QueueConfig = AirlockConfig['queue'];
