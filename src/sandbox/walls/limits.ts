// Resource limits of a runner process through prlimit: memory, files, dumps, processor time.

import type { Command } from './environment.ts';

const MIB = 1024 ** 2;
/** Fewer than 24 and Node does not start. */
const OPEN_FILES = 64;
/** Backstop over the whole life of a runner; each job has its own limit. */
const LIFETIME_CPU_SECONDS = 4_500;

/**
 * Bytes of private memory that a runner may have: exact with `--jitless`, where V8 reserves no code range.
 *
 * @param heapBytes - Heap of the guest's isolate.
 * Source: sandbox.md 6.
 */
export function processMemoryBytes(heapBytes: number): number {
  return heapBytes * 2 + 256 * MIB;
}

/**
 * Put a command behind prlimit.
 *
 * @param command - What to run.
 * @param options - `prlimit`: its path; `heapBytes`: heap of the guest's isolate.
 */
export function withLimits(
  command: Command,
  options: { readonly prlimit: string; readonly heapBytes: number },
): Command {
  const limits = [
    '--core=0',
    '--fsize=0',
    `--nofile=${OPEN_FILES}`,
    `--cpu=${LIFETIME_CPU_SECONDS}`,
    `--data=${processMemoryBytes(options.heapBytes)}`,
  ];
  return { ...command, file: options.prlimit, args: [...limits, '--', command.file, ...command.args] };
}
