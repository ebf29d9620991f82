// The limits of one job, made of the configuration and the size of its input.

import type { SandboxLimits } from '../config/schema/sandbox.ts';
import { bodySize } from '../core/body.ts';
import { RECORDS_BESIDE_STEPS, type RunnerLimits } from './channel.ts';
import type { ConversionJob } from './job.ts';

const MIB = 1024 ** 2;

/**
 * Milliseconds from the start of `convert` to the kill: a base and a share per MiB of input, capped.
 *
 * @param limits - `sandbox.limits` as they hold for this converter.
 * @param inputBytes - Size of the input.
 */
export function wallMsOf(limits: Pick<SandboxLimits, 'wall' | 'wallPerMiB' | 'wallMax'>, inputBytes: number): number {
  return Math.min(limits.wallMax, limits.wall + Math.ceil((limits.wallPerMiB * inputBytes) / MIB));
}

/**
 * Bytes of all files of a job: what its time limits grow with.
 *
 * @param job - Its input and companions.
 */
export function inputBytesOf({ input, companions }: Pick<ConversionJob, 'input' | 'companions'>): number {
  return companions.reduce((sum, { body }) => sum + bodySize(body), bodySize(input.body));
}

/**
 * Bytes of the isolate's heap: small for converters that read lines, large for those that want it whole.
 *
 * @param job - Its converter's input mode and its limits.
 */
export function heapBytesOf({ converter, limits }: Pick<ConversionJob, 'converter' | 'limits'>): number {
  return converter.input === 'lines' ? limits.heapStream : limits.heapWhole;
}

/**
 * The limits that the runner itself holds.
 *
 * @param limits - `sandbox.limits` as they hold for this converter.
 * @param inputBytes - Size of the input.
 */
export function toRunnerLimits(limits: SandboxLimits, inputBytes: number): RunnerLimits {
  return {
    loadMs: limits.load,
    cpuMs: limits.cpu + Math.ceil((limits.cpuPerMiB * inputBytes) / MIB),
    outputBytes: limits.output,
    records: limits.steps + RECORDS_BESIDE_STEPS,
    logLines: limits.logLines,
    logBytes: limits.logBytes,
    logLineBytes: limits.logLine,
    errorTextBytes: limits.errorText,
    errorStackBytes: limits.errorStack,
  };
}
