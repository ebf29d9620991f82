import { describe, expect, it } from 'vitest';
import type { ConversionEnd } from '../../../src/conversion/convert-one.ts';
import { retryDelayMs, toSubmissionEnd } from '../../../src/conversion/ends.ts';
import type { AssembledReport } from '../../../src/report/stamp.ts';
import type { LimitName } from '../../../src/sandbox/outcome.ts';

const retryLater = { first: 60_000, max: 3_600_000, attempts: 3 };
const used = { name: 'csv', version: '1.0.0', sha256: 'x' };
const report: AssembledReport = {
  reportId: '01980000-0000-5000-8000-000000000001',
  kind: 'test',
  outcome: 'passed',
  partNumber: 'P',
  serialNumber: null,
  body: '{}',
  warnings: [],
  attachments: [{ sha256: 'a'.repeat(64), bytes: new Uint8Array([1, 2]) }],
};

function endOf(end: ConversionEnd, attempt = 1) {
  const context = { name: 'a.csv', converter: used, attempt, retryLater, destinationsFor: () => ['folder'] };
  return toSubmissionEnd({ end, warnings: ['w'], log: [{ level: 'info', text: 'l' }] }, context);
}

describe('toSubmissionEnd()', () => {
  it('keeps converter, log and warnings with every end', () => {
    expect(endOf({ kind: 'skipped', reason: 'empty run' })).toEqual({
      converter: used,
      log: [{ level: 'info', text: 'l' }],
      warnings: ['w'],
      state: 'skipped',
      reason: 'empty run',
    });
  });

  it('sends each report where it belongs, with its attachments', () => {
    const { warnings: _warnings, ...kept } = report;

    expect(endOf({ kind: 'converted', reports: [report] })).toMatchObject({
      state: 'converted',
      reports: [{ ...kept, destinations: ['folder'] }],
    });
  });

  it('writes a rejection with the place in the input', () => {
    expect(endOf({ kind: 'rejected', reason: 'no header', line: 3, column: 1 })).toMatchObject({
      state: 'rejected',
      failure: { code: 'request_failed', message: 'Cannot convert a.csv: no header', line: 3, column: 1 },
    });
  });

  it('writes a failure with the place in the converter', () => {
    const error = {
      name: 'TypeError',
      message: 'x is not a function',
      stack: '',
      file: 'converter.ts',
      line: 7,
      column: 2,
    };

    expect(endOf({ kind: 'failed', error })).toMatchObject({
      state: 'failed',
      failure: {
        code: 'converter_failed',
        file: 'converter.ts',
        line: 7,
        column: 2,
        message: expect.stringContaining('TypeError'),
      },
    });
  });

  it.each([
    ['wall', 'converter_timeout'],
    ['cpu', 'converter_timeout'],
    ['load', 'converter_timeout'],
    ['promise', 'converter_timeout'],
    ['heap', 'converter_memory'],
    ['memory', 'converter_memory'],
    ['output', 'converter_memory'],
    ['steps', 'converter_memory'],
    ['reports', 'converter_memory'],
    ['input', 'too_large'],
  ] as const satisfies readonly (readonly [LimitName, string])[])('writes the limit %s as %s', (limit, code) => {
    expect(endOf({ kind: 'stopped', limit, used: 2, allowed: 1 })).toMatchObject({
      state: 'stopped',
      failure: { code, limit, used: 2, allowed: 1 },
    });
  });

  it('writes a crash and a wait', () => {
    expect(endOf({ kind: 'crashed', signal: 'SIGSEGV' })).toMatchObject({
      state: 'crashed',
      failure: { code: 'converter_crashed' },
    });
    expect(endOf({ kind: 'waiting', reason: 'converter_pending', message: 'm' })).toMatchObject({
      state: 'waiting',
      reason: 'converter_pending',
      message: 'm',
    });
  });

  it.each([
    [2, 'suspended'],
    [3, 'failed'],
    [4, 'failed'],
  ])('ends RetryLater of attempt %i of 3 as %s', (attempt, state) => {
    expect(endOf({ kind: 'suspended', reason: 'no limits file yet', afterMs: null }, attempt).state).toBe(state);
  });
});

describe('retryDelayMs()', () => {
  it.each([
    [1, 60_000],
    [2, 120_000],
    [6, 1_920_000],
    [7, 3_600_000],
    [1_000, 3_600_000],
  ])('doubles up to the most: attempt %i waits %i ms', (attempt, delay) => {
    expect(retryDelayMs(null, attempt, retryLater)).toBe(delay);
  });

  it.each([
    [0, 1_000],
    [1_000, 1_000],
    [5_000, 5_000],
    [24 * 3_600_000, 24 * 3_600_000],
    [24 * 3_600_000 + 1, 24 * 3_600_000],
    [Number.POSITIVE_INFINITY, 24 * 3_600_000],
  ])('keeps what was asked for within its limits: %i gives %i ms', (afterMs, delay) => {
    expect(retryDelayMs(afterMs, 9, retryLater)).toBe(delay);
  });
});
