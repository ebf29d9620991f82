// What goes into the sandbox with a file, and what is stamped on the reports that come out.

import type { AirlockConfig } from '../config/schema/root.ts';
import type { SandboxLimits } from '../config/schema/sandbox.ts';
import { bodySize } from '../core/body.ts';
import type { Clock } from '../core/clock.ts';
import { readManifestLimits } from '../gate/manifest-limits.ts';
import type { ReportStamp } from '../report/stamp.ts';
import type { ConversionJob, LoadableConverter } from '../sandbox/job.ts';
import type { ClaimedSubmission } from '../store/types.ts';
import type { PassedConverter } from './registered.ts';

/** What one conversion needs of the configuration. */
export type ConversionConfig = Pick<AirlockConfig, 'sandbox' | 'limits' | 'station'>;

/** The file to convert. */
export type ConversionInput = Pick<
  ClaimedSubmission,
  'submissionId' | 'kid' | 'name' | 'body' | 'companions' | 'sha256' | 'receivedAtUnixMs' | 'arguments'
>;

/** Time and place of a conversion. */
export type JobDeps = {
  readonly clock: Pick<Clock, 'nowUnixMs'>;
  /** Name of this machine. */
  readonly hostName: string;
};

/** A file, an approved converter for it, and the configuration. */
export type ConvertRequest = {
  readonly submission: ConversionInput;
  readonly converter: PassedConverter;
  readonly config: ConversionConfig;
};

/**
 * The limits of one conversion: the sandbox's, lowered by what the manifest asks for, under what the operator set.
 *
 * @param limits - `sandbox.limits`.
 * @param converter - Its manifest, which can only lower them, and its settings, which count whatever the others say.
 */
export function overlayLimits(
  limits: SandboxLimits,
  { settings, checked }: Pick<PassedConverter, 'settings' | 'checked'>,
): SandboxLimits {
  const asked: Readonly<Record<string, number>> = readManifestLimits(checked.manifest.limits);
  const lowered = Object.entries(limits).map(([name, value]) => [name, Math.min(value, asked[name] ?? value)] as const);
  const set = Object.entries(settings.limits).filter(([, value]) => value !== undefined);
  return { ...limits, ...Object.fromEntries(lowered), ...Object.fromEntries(set) };
}

function stationNameOf({ station }: ConversionConfig, hostName: string): string {
  if (station.nameFrom === 'hostname') return hostName;
  return station.nameFrom === 'fixed' ? station.name : '';
}

/**
 * What the daemon adds to each report of a submission.
 *
 * @param deps - Host name.
 * @param request - The file and the configuration.
 * @param about - Where the report comes from.
 */
export function toStamp(
  { hostName }: Pick<JobDeps, 'hostName'>,
  { submission, config }: Pick<ConvertRequest, 'submission' | 'config'>,
  about: Pick<ReportStamp, 'converter' | 'format' | 'encoding'>,
): ReportStamp {
  const { location, purpose, apply, nameFrom } = config.station;
  const name = stationNameOf(config, hostName);
  return {
    submissionId: submission.submissionId,
    receivedAtUnixMs: submission.receivedAtUnixMs,
    file: { name: submission.name, bytes: bodySize(submission.body), sha256: submission.sha256 },
    ...about,
    submittedBy: submission.kid,
    host: hostName,
    station: { name, location, purpose, apply, isNameFromReport: nameFrom === 'report' },
  };
}

// The same file gives the same numbers on every run, so that a replay makes the same reports.
function seedOf(sha256: string): number {
  return Number.parseInt(sha256.slice(0, 8), 16);
}

/**
 * A converter as runners load it.
 *
 * @param converter - Passed the gate.
 */
export function toLoadable({ name, trust, checked }: PassedConverter): LoadableConverter {
  const { manifest, sha256, files, entry } = checked;
  const { version, input, encoding } = manifest;
  return { name, version, sha256, trust, files, entry, input, encoding };
}

/**
 * The job for the pool.
 *
 * @param deps - Time and place.
 * @param request - File, converter, configuration.
 * @param job - Limits and arguments, checked; companions that the converter declares.
 */
export function toJob(
  { clock, hostName }: JobDeps,
  { submission, converter, config }: ConvertRequest,
  job: Pick<ConversionJob, 'limits' | 'arguments' | 'companions'>,
): ConversionJob {
  const { location, purpose } = config.station;
  return {
    ...job,
    converter: toLoadable(converter),
    input: { name: submission.name, body: submission.body },
    station: { name: stationNameOf(config, hostName), location, purpose },
    nowUnixMs: clock.nowUnixMs(),
    seed: seedOf(submission.sha256),
  };
}
