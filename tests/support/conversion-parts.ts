// Small parts for tests of conversion: registered converters, a pool that does as it is told, a clock that stands still.

import { configSchema } from '../../src/config/schema/root.ts';
import { waitsForApproval } from '../../src/conversion/pending.ts';
import { type ConverterSettings, DEFAULT_SETTINGS, type PassedConverter } from '../../src/conversion/registered.ts';
import type { Clock } from '../../src/core/clock.ts';
import { toKeyId, toSubmissionId } from '../../src/core/ids.ts';
import { type ConverterManifest, manifestSchema } from '../../src/gate/manifest.ts';
import type { ConversionJob, ConversionSink, Pool, ProbeJob, ProbeOutcome, WallState } from '../../src/sandbox/job.ts';
import type { ConversionOutcome, ResourceUse } from '../../src/sandbox/outcome.ts';
import type { ClaimedSubmission } from '../../src/store/types.ts';

/** The configuration with every default. */
export const DEFAULT_CONFIG = configSchema.parse({});

/** What {@link makeConverter} may change. */
export type ConverterOptions = {
  readonly match?: Partial<ConverterManifest['match']>;
  readonly arguments?: Readonly<Record<string, unknown>>;
  readonly companions?: readonly string[];
  readonly limits?: Readonly<Record<string, unknown>>;
  readonly state?: PassedConverter['state'];
  readonly trust?: PassedConverter['trust'];
  readonly settings?: Partial<ConverterSettings>;
};

/** A converter that passed the gate. */
export function makeConverter(name: string, options: ConverterOptions = {}): PassedConverter {
  const { match = {}, companions = [], limits = {}, state = 'approved', trust = 'bundled', settings = {} } = options;
  const manifest = manifestSchema.parse({
    name,
    version: '1.2.3',
    match,
    companions,
    limits,
    arguments: options.arguments ?? {},
  });
  return {
    name,
    origin: trust === 'bundled' ? 'bundled' : 'own',
    trust,
    ...(state === 'pending' ? { state, pending: waitsForApproval('own') } : { state }),
    settings: { ...DEFAULT_SETTINGS, ...settings },
    checked: { manifest, sha256: `sha-of-${name}`, files: new Map([['converter.ts', 'code']]), entry: 'converter.ts' },
  };
}

/** Nothing used. */
export const NOTHING_USED: ResourceUse = { wallMs: 1, cpuMs: 1, heapBytes: 1, outputBytes: 1, records: 1 };

/** What a fake runner does with a job. */
export type Behave = (
  job: ConversionJob,
  sink: ConversionSink,
  options: { readonly signal: AbortSignal },
) => ConversionOutcome | Promise<ConversionOutcome>;

/** What a fake runner answers to a probe. */
export type Answer = (job: ProbeJob) => ProbeOutcome | Promise<ProbeOutcome>;

/** A pool whose runners behave as told; without `answer` no converter has a probe. */
export function makePool(
  behave: Behave,
  walls: readonly WallState[] = [],
  answer: Answer = () => ({ kind: 'absent' }),
): Pick<Pool, 'convert' | 'probe' | 'walls' | 'runners'> {
  return {
    convert: async (job, sink, options) => behave(job, sink, options),
    probe: async (job) => answer(job),
    walls,
    runners: () => ({ size: 2, busy: 0, ready: 2 }),
  };
}

/** A submission as the store hands it out. */
export function makeSubmission(over: Partial<ClaimedSubmission> = {}): ClaimedSubmission {
  return {
    submissionId: toSubmissionId('01980000-0000-7000-8000-000000000001'),
    kid: toKeyId('submit'),
    name: 'a.csv',
    body: { kind: 'inline', bytes: Buffer.from('a;b\n1;2\n') },
    companions: [],
    sha256: `0000002a${'0'.repeat(56)}`,
    receivedAtUnixMs: 1_700_000_000_000,
    converter: null,
    arguments: {},
    attempt: 1,
    ...over,
  };
}

/** A clock whose time passes only in {@link FakeClock.advance}. */
export type FakeClock = Clock & { readonly advance: (ms: number) => void; readonly pending: () => number };

/** Make a {@link FakeClock}. */
export function makeFakeClock(startUnixMs = 1_700_000_000_000): FakeClock {
  let passed = 0;
  const timers = new Set<{ readonly dueMs: number; readonly callback: () => void }>();
  const after: Clock['after'] = (ms, callback) => {
    const timer = { dueMs: passed + ms, callback };
    timers.add(timer);
    return { [Symbol.dispose]: () => void timers.delete(timer) };
  };
  return {
    nowUnixMs: () => startUnixMs + passed,
    monotonicMs: () => passed,
    after,
    sleep: (ms, { signal } = {}) =>
      new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const timer = after(ms, resolve);
        signal?.addEventListener('abort', () => {
          timer[Symbol.dispose]();
          reject(signal.reason);
        });
      }),
    pending: () => timers.size,
    advance: (ms) => {
      passed += ms;
      for (const timer of [...timers].filter(({ dueMs }) => dueMs <= passed)) {
        timers.delete(timer);
        timer.callback();
      }
    },
  };
}
