import { describe, expect, it } from 'vitest';
import { openResults } from '../../../src/conversion/results.ts';
import { openConversionCalls } from '../../../src/conversion/call-port.ts';
import type { CallInput } from '../../../src/conversion/calls.ts';
import type { RegisteredConverter } from '../../../src/conversion/registered.ts';
import { toKeyId } from '../../../src/core/ids.ts';
import type { ConversionJob } from '../../../src/sandbox/job.ts';
import type { ConversionOutcome } from '../../../src/sandbox/outcome.ts';
import {
  type Behave,
  DEFAULT_CONFIG,
  makeConverter,
  makeFakeClock,
  makePool,
  NOTHING_USED,
} from '../../support/conversion-parts.ts';
import { canonicalReport } from '../../support/e2e.ts';

const neverAborted = new AbortController().signal;
const CSV = makeConverter('csv', { match: { extensions: ['.csv'] } });
const CONVERTER = { name: 'csv', version: '1.2.3', sha256: 'sha-of-csv' };

function call(behave: Behave, over: { input?: Partial<CallInput>; converters?: readonly RegisteredConverter[] } = {}) {
  const { input = {}, converters = [CSV] } = over;
  const deps = {
    registry: { list: () => converters },
    pool: makePool(behave),
    results: openResults(),
    clock: makeFakeClock(),
    hostName: 'bench-7',
  };
  const file: CallInput = {
    kid: toKeyId('submit'),
    name: 'a.csv',
    body: { kind: 'inline', bytes: Buffer.from('a;b') },
    sha256: 'ab'.repeat(32),
    companions: [],
    converter: null,
    arguments: {},
    ...input,
  };
  return openConversionCalls(deps, DEFAULT_CONFIG).convert(file, { signal: neverAborted });
}

const ends = (outcome: ConversionOutcome): Behave => {
  return (_job, sink) => {
    sink.log({ level: 'info', text: 'hello' });
    return outcome;
  };
};

describe('ConversionCalls.convert()', () => {
  it('answers reports, converter, log and what was used', async () => {
    const log = [{ level: 'info', text: 'hello' }];

    expect(await call(ends({ kind: 'converted', used: NOTHING_USED, encoding: null }))).toEqual({
      outcome: 'converted',
      reports: [],
      converter: CONVERTER,
      warnings: [],
      log,
      stats: NOTHING_USED,
    });
  });

  it.each([
    [
      { kind: 'skipped', reason: 'r' },
      { outcome: 'skipped', reason: 'r' },
    ],
    [
      { kind: 'rejected', reason: 'r', line: 3, column: null },
      { outcome: 'rejected', reason: 'r', line: 3, column: null },
    ],
    [
      { kind: 'suspended', reason: 'r', afterMs: 2_000 },
      { outcome: 'suspended', reason: 'r', afterMs: 2_000 },
    ],
    [
      { kind: 'suspended', reason: 'r', afterMs: null },
      { outcome: 'suspended', reason: 'r', afterMs: 60_000 },
    ],
  ] satisfies [ConversionOutcome, object][])('answers %j in its own words', async (outcome, answer) => {
    expect(await call(ends(outcome))).toMatchObject({ ...answer, reports: [], stats: null, converter: CONVERTER });
  });

  it.each([
    [
      { kind: 'failed', error: { name: 'E', message: 'm', stack: 's', file: 'converter.ts', line: 2, column: 5 } },
      { code: 'converter_failed', data: { file: 'converter.ts', line: 2, column: 5 } },
    ],
    [
      { kind: 'stopped', limit: 'wall', used: 2, allowed: 1 },
      { code: 'converter_timeout', data: { limit: 'wall', used: 2, allowed: 1 } },
    ],
    [
      { kind: 'stopped', limit: 'steps', used: 2, allowed: 1 },
      { code: 'converter_memory', data: { limit: 'steps' } },
    ],
    [
      { kind: 'stopped', limit: 'input', used: 2, allowed: 1 },
      { code: 'too_large', data: { limit: 1 } },
    ],
    [{ kind: 'crashed', signal: 'SIGKILL' }, { code: 'converter_crashed' }],
  ] satisfies [ConversionOutcome, object][])('fails for %j with the log', async (outcome, error) => {
    const log = [{ level: 'info', text: 'hello' }];

    await expect(call(ends(outcome))).rejects.toMatchObject({
      ...error,
      data: { ...('data' in error ? error.data : {}), log },
    });
  });

  it('sends of a long log the end', async () => {
    const failing: Behave = (_job, sink) => {
      for (let line = 0; line < 150; line += 1) sink.log({ level: 'info', text: String(line) });
      return { kind: 'crashed', signal: 'SIGKILL' };
    };

    const error: unknown = await call(failing).catch((caught: unknown) => caught);

    expect(error).toMatchObject({ data: { log: { length: 100, 0: { text: '50' }, 99: { text: '149' } } } });
  });

  it('is refused where no converter may take the file', async () => {
    const unreachable: Behave = () => expect.unreachable();
    const pending = makeConverter('mine', { state: 'pending', match: { extensions: ['.csv'] } });

    await expect(call(unreachable, { converters: [] })).rejects.toMatchObject({ code: 'converter_refused' });
    await expect(call(unreachable, { converters: [pending] })).rejects.toMatchObject({ code: 'converter_refused' });
    await expect(call(unreachable, { input: { converter: 'nix' } })).rejects.toMatchObject({
      code: 'converter_refused',
      data: { candidates: ['csv'] },
    });
  });

  it('reads a canonical file without a converter', async () => {
    const body = { kind: 'inline', bytes: Buffer.from(canonicalReport()) } as const;

    expect(await call(() => expect.unreachable(), { input: { body } })).toMatchObject({
      outcome: 'converted',
      converter: null,
      reports: [{ serialNumber: 'SN-1' }],
      stats: null,
    });
  });

  it('gives the same file the same report ids', async () => {
    const input = { body: { kind: 'inline', bytes: Buffer.from(canonicalReport()) } } as const;

    const [one, two] = [
      await call(() => expect.unreachable(), { input }),
      await call(() => expect.unreachable(), { input }),
    ];

    expect(one.reports[0]?.reportId).toBe(two.reports[0]?.reportId);
  });

  it('hands companions that the converter declares to its job', async () => {
    const companion = (name: string) =>
      ({ name, body: { kind: 'inline', bytes: Buffer.from(name) }, sha256: 'cd'.repeat(32) }) as const;
    const companions = [companion('limits.txt'), companion('other.bin')];
    const converters = [makeConverter('csv', { match: { extensions: ['.csv'] }, companions: ['*.txt'] })];
    let job: ConversionJob | null = null;

    const result = await call(
      (given) => {
        job = given;
        return { kind: 'skipped', reason: 'r' };
      },
      { input: { companions }, converters },
    );

    expect(job).toMatchObject({ companions: [companions[0]] });
    expect(result.warnings).toEqual([expect.stringContaining('"other.bin"')]);
  });
});
