// A real pool over the real sealed runner, with the stand-in guest, for sandbox tests.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { buildSealed } from '../../scripts/bundle.ts';
import { sandboxSchema, type SandboxLimits } from '../../src/config/schema/sandbox.ts';
import type { Body, Companion } from '../../src/core/body.ts';
import { systemClock } from '../../src/core/clock.ts';
import { silentLogger } from '../../src/core/logger.ts';
import type { ConversionJob, ConversionSink, Pool, ProbeJob, ProbeOutcome } from '../../src/sandbox/job.ts';
import type { ConversionOutcome, GuestLogLine } from '../../src/sandbox/outcome.ts';
import { type PoolDeps, startPool } from '../../src/sandbox/pool.ts';
import { hashBytes, openBundle } from '../../src/sandbox/bundle.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';

/** Root of the package. */
export const ROOT = path.resolve(import.meta.dirname, '../..');
/** Is bubblewrap on this machine? */
export const hasBubblewrap = existsSync('/usr/bin/bwrap') && existsSync('/usr/bin/ldd');
/** May util-linux make namespaces here? A container often may not. */
export const mayUnshare = process.platform === 'linux' && spawnSync('unshare', ['-Urnmpf', 'true']).status === 0;

function wallsName(): string {
  if (hasBubblewrap) return 'bubblewrap';
  return mayUnshare ? 'unshare' : 'no namespaces';
}

/** For titles: which walls a run has had. */
export const WALLS_NAME = wallsName();

/** `sandbox` as it is without a configuration. */
export const DEFAULTS = sandboxSchema.parse({});
/** Limits short enough for tests. */
export const SHORT: SandboxLimits = { ...DEFAULTS.limits, wall: 1_500, cpu: 500, load: 400 };

/** What a sink was given. */
export type Taken = {
  readonly parts: string[];
  readonly attachments: Buffer[];
  readonly lines: GuestLogLine[];
  readonly fractions: number[];
  readonly sink: ConversionSink;
};

/** A sink that keeps everything. */
export function makeTaken(): Taken {
  const taken: Omit<Taken, 'sink'> = { parts: [], attachments: [], lines: [], fractions: [] };
  return {
    ...taken,
    sink: {
      part: (text) => {
        taken.parts.push(text);
        return { kind: 'ok' };
      },
      attach: (bytes) => {
        taken.attachments.push(Buffer.from(bytes));
        return { kind: 'ok' };
      },
      log: (line) => void taken.lines.push(line),
      progress: (fraction) => void taken.fractions.push(fraction),
    },
  };
}

/** What of a job a test may choose. */
export type JobChoice = {
  readonly files?: Readonly<Record<string, string>>;
  readonly mode?: ConversionJob['converter']['input'];
  readonly encoding?: string;
  readonly trust?: 'bundled' | 'own';
  readonly bytes?: Uint8Array;
  /** In place of `bytes`. */
  readonly body?: Body;
  readonly companions?: readonly Companion[];
  readonly limits?: Partial<SandboxLimits>;
  readonly seed?: number;
};

/** Source of a converter whose `convert(host, job)` has this body. */
export const body = (text: string): string =>
  `import { defineConverter } from 'airlock/converter';\nexport default defineConverter({ convert(host, job) {\n${text}\n} });\n`;

/** A job for the stand-in guest; `source` is the file `converter.ts`. */
export function makeJob(source: string, choice: JobChoice = {}): ConversionJob {
  const files = new Map(Object.entries({ 'converter.ts': source, ...choice.files }));
  return {
    converter: {
      name: 'tried',
      version: '1.0.0',
      sha256: hashBytes(JSON.stringify([...files])),
      trust: choice.trust ?? 'own',
      files,
      entry: 'converter.ts',
      input: choice.mode ?? 'lines',
      encoding: choice.encoding ?? 'auto',
    },
    limits: { ...SHORT, ...choice.limits },
    input: {
      name: 'in.csv',
      body: choice.body ?? { kind: 'inline', bytes: choice.bytes ?? Buffer.from('a;b\n1;2\n') },
    },
    companions: choice.companions ?? [],
    arguments: {},
    station: { name: 's', location: 'l', purpose: 'p' },
    nowUnixMs: 1_700_000_000_000,
    seed: choice.seed ?? 7,
  };
}

/** Source of a converter whose `probe(head)` has this body. */
export const probing = (text: string): string =>
  `import { defineConverter } from 'airlock/converter';\nexport default defineConverter({ probe(head) {\n${text}\n}, convert() {} });\n`;

/** A probe of the same converter and file as {@link makeJob} has. */
export function makeProbe(source: string, choice: JobChoice = {}): ProbeJob {
  const { converter, limits, input, nowUnixMs, seed } = makeJob(source, choice);
  const bytes = input.body.kind === 'inline' ? input.body.bytes : new Uint8Array();
  return { converter, limits, head: { name: input.name, size: bytes.length, bytes }, nowUnixMs, seed };
}

/** A companion in memory. */
export const makeCompanion = (name: string, text: string): Companion => ({
  name,
  body: { kind: 'inline', bytes: Buffer.from(text) },
  sha256: hashBytes(text),
});

/** A pool of real runners with the stand-in guest; disposing removes its bundle too. */
export type TestPool = AsyncDisposable & {
  readonly pool: Pool;
  /** Of its bundle: part of the command line of every runner of this pool. */
  readonly folder: string;
  readonly run: (
    source: string,
    choice?: JobChoice,
  ) => Promise<{ outcome: ConversionOutcome; taken: Taken; ms: number }>;
  readonly probe: (source: string, choice?: JobChoice) => Promise<{ outcome: ProbeOutcome; ms: number }>;
};

/** Start such a pool. */
export async function startTestPool(
  options: {
    readonly runners?: number;
    readonly recycleJobs?: number;
    readonly guestEntry?: string;
  } & Partial<PoolDeps> = {},
): Promise<TestPool> {
  await using stack = new AsyncDisposableStack();
  const { path: folder } = stack.use(await makeTemporaryFolder());
  const { runners = 1, recycleJobs = 500, guestEntry = 'tests/support/guest-stand-in.ts', ...deps } = options;
  await buildSealed({ root: ROOT, folder, guestEntry });
  const bundle = await openBundle({ folder, root: ROOT });
  const pool = stack.use(
    await startPool(
      { clock: systemClock, log: silentLogger, bundle, ...deps },
      { ...DEFAULTS, runners, recycle: { ...DEFAULTS.recycle, jobs: recycleJobs } },
    ),
  );
  const owned = stack.move();
  return {
    pool,
    folder,
    run: async (source, choice) => {
      const taken = makeTaken();
      const begunMs = performance.now();
      const outcome = await pool.convert(makeJob(source, choice), taken.sink, { signal: new AbortController().signal });
      return { outcome, taken, ms: performance.now() - begunMs };
    },
    probe: async (source, choice) => {
      const begunMs = performance.now();
      const outcome = await pool.probe(makeProbe(source, choice), { signal: new AbortController().signal });
      return { outcome, ms: performance.now() - begunMs };
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
