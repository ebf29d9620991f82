import { describe, expect, it } from 'vitest';
import { openResults } from '../../../src/conversion/results.ts';
import { overlayLimits } from '../../../src/conversion/conversion-job.ts';
import { convertOne } from '../../../src/conversion/convert-one.ts';
import { findMissingWalls } from '../../../src/conversion/required-walls.ts';
import type { ConversionJob } from '../../../src/sandbox/job.ts';
import type { ConversionOutcome } from '../../../src/sandbox/outcome.ts';
import {
  type Behave,
  type ConverterOptions,
  DEFAULT_CONFIG,
  makeConverter,
  makePool,
  makeSubmission,
  NOTHING_USED,
} from '../../support/conversion-parts.ts';

const neverAborted = new AbortController().signal;
const config = {
  ...DEFAULT_CONFIG,
  sandbox: { ...DEFAULT_CONFIG.sandbox, requireWalls: ['network', 'files'] as const },
};

function convert(behave: Behave, options: ConverterOptions = {}, submission = makeSubmission()) {
  const deps = { pool: makePool(behave), results: openResults(), clock: { nowUnixMs: () => 42 }, hostName: 'bench-7' };
  const request = {
    submission,
    converter: makeConverter('csv', options),
    config: { ...config, sandbox: { ...config.sandbox, requireWalls: [...config.sandbox.requireWalls] } },
  };
  return convertOne(deps, request, { signal: neverAborted });
}

describe('convertOne()', () => {
  it('gives the pool everything that a job needs', async () => {
    let job: ConversionJob | null = null;
    const behave: Behave = (given) => {
      job = given;
      return { kind: 'skipped', reason: 'seen' };
    };

    await convert(behave, {
      arguments: { operator: { type: 'string', default: 'x' } },
      settings: { limits: { wall: 5 } },
    });

    expect(job).toMatchObject({
      converter: {
        name: 'csv',
        version: '1.2.3',
        sha256: 'sha-of-csv',
        trust: 'bundled',
        entry: 'converter.ts',
        input: 'text',
      },
      limits: { wall: 5, steps: 200_000 },
      input: { name: 'a.csv' },
      arguments: { operator: 'x' },
      station: { name: 'bench-7', location: '', purpose: '' },
      nowUnixMs: 42,
      seed: 42,
    });
  });

  it.each([
    { kind: 'skipped', reason: 'r' },
    { kind: 'rejected', reason: 'r', line: 1, column: null },
    { kind: 'suspended', reason: 'r', afterMs: null },
    { kind: 'failed', error: { name: 'E', message: 'm', stack: 's', file: null, line: null, column: null } },
    { kind: 'stopped', limit: 'wall', used: 2, allowed: 1 },
    { kind: 'crashed', signal: 'SIGKILL' },
  ] satisfies ConversionOutcome[])('hands on the outcome $kind with the log', async (outcome) => {
    const result = await convert((_job, sink) => {
      sink.log({ level: 'warn', text: 'hello' });
      return outcome;
    });

    expect(result).toEqual({ end: outcome, warnings: [], log: [{ level: 'warn', text: 'hello' }], used: null });
  });

  it('is converted with no report when the converter made none', async () => {
    const result = await convert(() => ({ kind: 'converted', used: NOTHING_USED, encoding: null }));

    expect(result.end).toEqual({ kind: 'converted', reports: [] });
  });

  it('refuses a record that is none, in the words of the assembler', async () => {
    const verdicts: string[] = [];

    await convert((_job, sink) => {
      verdicts.push(sink.part('{').kind);
      return { kind: 'rejected', reason: 'r', line: null, column: null };
    });

    expect(verdicts).toEqual(['refuse']);
  });

  it('rejects wrong arguments before a runner is asked', async () => {
    const result = await convert(() => expect.unreachable(), {}, makeSubmission({ arguments: { speed: 1 } }));

    expect(result.end).toMatchObject({ kind: 'rejected', reason: expect.stringContaining('"speed"') });
  });

  it.each([
    [7, 'skipped'],
    [8, 'skipped'],
    [9, 'stopped'],
  ])('takes %i bytes of 8 as %s', async (size, kind) => {
    const submission = makeSubmission({ body: { kind: 'inline', bytes: Buffer.alloc(size, 'x') } });

    const result = await convert(
      () => ({ kind: 'skipped', reason: 'r' }),
      { settings: { limits: { input: 8 } } },
      submission,
    );

    expect(result.end.kind).toBe(kind);
  });

  it('lets a converter of the user wait while a required wall is missing, and names the ways out', async () => {
    const result = await convert(() => expect.unreachable(), { trust: 'own' });

    expect(result.end).toEqual({
      kind: 'waiting',
      reason: 'sandbox_wall_missing',
      message: expect.stringMatching(/"network", "files".*bubblewrap.*sandbox\.requireWalls/),
    });
  });
});

describe('findMissingWalls()', () => {
  const walls = [
    { name: 'network', active: true, detail: '' },
    { name: 'files', active: false, detail: 'no bubblewrap' },
  ];

  it('counts a wall that is known but not active as missing', () => {
    expect(findMissingWalls('own', ['network', 'files', 'seccomp'], walls)).toEqual(['files', 'seccomp']);
  });

  it('wants none for bundled converters', () => {
    expect(findMissingWalls('bundled', ['network', 'files'], [])).toEqual([]);
  });
});

describe('overlayLimits()', () => {
  it('replaces what is set and nothing else', () => {
    const { limits } = DEFAULT_CONFIG.sandbox;

    const converter = makeConverter('a', { settings: { limits: { wall: 1, cpu: undefined } } });

    expect(overlayLimits(limits, converter)).toEqual({ ...limits, wall: 1 });
  });

  it('lets a manifest lower what it is given, and nobody but the operator raise it', () => {
    const { limits } = DEFAULT_CONFIG.sandbox;
    const asks = { steps: 10, wall: '1 h', heapStream: '16 MiB' };
    const converter = makeConverter('a', { limits: asks, settings: { limits: { heapStream: 128 * 1024 ** 2 } } });

    expect(overlayLimits(limits, converter)).toEqual({ ...limits, steps: 10, heapStream: 128 * 1024 ** 2 });
  });
});
