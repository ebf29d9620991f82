import { describe, expect, it } from 'vitest';
import { endOf, exitCodeOf, toRefusedLine, toSubmitLine } from '../../../src/cli/submit/result.ts';
import { AirlockError } from '../../../src/core/errors.ts';
import { type DeliveryState, worstDeliveryState } from '../../../src/core/states.ts';

const submission = {
  submissionId: '0198f3a0-0000-7000-8000-000000000001',
  name: 'a.csv',
  state: 'converted' as const,
  reason: null,
  bytes: 1,
  sha256: '',
  receivedAt: '2026-11-21T08:00:00.000Z',
  converter: { name: 'csv-semicolon', version: '1.0.0' },
  kid: 'local',
  attempts: 1,
  dueAt: null,
  failure: null,
  reports: [] as ReturnType<typeof report>[],
  warnings: [],
  log: [],
};

/** A report with one delivery in each of these states, to `a`, `b` and so on. */
function report(...states: readonly DeliveryState[]) {
  const deliveries = states.map((state, index) => ({ destination: 'abc'[index] ?? '', state }));
  return {
    id: 'r',
    outcome: 'passed',
    state: worstDeliveryState(states),
    destinations: deliveries.map(({ destination }) => destination),
    deliveries,
  };
}

describe('endOf()', () => {
  it('is done when every report is delivered, and when there is none', () => {
    expect(endOf({ ...submission, reports: [report('delivered')] })).toBe('done');
    expect(endOf(submission)).toBe('done');
    expect(endOf({ ...submission, state: 'skipped' })).toBe('done');
  });

  it('is open while a report or the submission goes on by itself, waits or is held', () => {
    expect(endOf({ ...submission, reports: [report('deferred')] })).toBe('open');
    expect(endOf({ ...submission, reports: [report('held')] })).toBe('open');
    for (const state of ['received', 'converting', 'waiting', 'suspended'] as const)
      expect(endOf({ ...submission, state })).toBe('open');
  });

  it.each(['ready', 'inflight', 'deferred', 'held'] as const)(
    'is open while one delivery of a report is %s, also when another is dead',
    (state) => {
      expect(endOf({ ...submission, reports: [report('dead', state)] })).toBe('open');
      expect(endOf({ ...submission, reports: [report('corrupt'), report(state, 'delivered')] })).toBe('open');
    },
  );

  it('is partly done when some deliveries are delivered and the others never will be', () => {
    expect(endOf({ ...submission, reports: [report('delivered'), report('dead')] })).toBe('partly');
    expect(endOf({ ...submission, reports: [report('delivered', 'dead')] })).toBe('partly');
  });

  it('is failed when nothing is delivered and nothing goes on', () => {
    expect(endOf({ ...submission, reports: [report('dead', 'corrupt')] })).toBe('failed');
    for (const state of ['rejected', 'failed', 'stopped', 'crashed', 'quarantined'] as const)
      expect(endOf({ ...submission, state })).toBe('failed');
  });
});

describe('exitCodeOf()', () => {
  const full = new AirlockError('queue_full', 'Cannot submit "a": the queue is full (count)');

  it.each([
    [['done', 'done'], null, 0],
    [['done', 'failed'], null, 2],
    [['partly'], null, 2],
    [['partly', 'failed'], null, 2],
    [['done', 'partly'], null, 2],
    [['partly', 'open'], null, 124],
    [['done', 'refused'], full, 2],
    [['failed', 'failed'], null, 65],
    [['failed', 'refused'], full, 65],
    [['refused', 'refused'], full, 75],
    [['refused'], new AirlockError('file_unreadable', 'Cannot read a: there is no such file'), 66],
    [['done', 'open'], null, 124],
    [['open'], null, 124],
  ] as const)('%j gives the exit code of operators.md 2', (ends, refusal, code) => {
    expect(exitCodeOf(ends, refusal)).toBe(code);
  });
});

describe('lines of submit', () => {
  it('toSubmitLine() has one entry per report and destination, each with its own state', () => {
    const line = toSubmitLine('a.csv', {
      ...submission,
      reports: [report('delivered', 'dead'), report()],
    });

    expect(line).toEqual({
      file: 'a.csv',
      submissionId: submission.submissionId,
      state: 'converted',
      converter: { name: 'csv-semicolon', version: '1.0.0' },
      reports: [
        { id: 'r', outcome: 'passed', state: 'delivered', destination: 'a' },
        { id: 'r', outcome: 'passed', state: 'dead', destination: 'b' },
        { id: 'r', outcome: 'passed', state: 'delivered', destination: null },
      ],
      warnings: [],
    });
  });

  it('toRefusedLine() carries the error and no submission', () => {
    const line = toRefusedLine(
      'a.csv',
      new AirlockError('too_large', 'Cannot submit a.csv: it has 2 bytes, at most 1 are taken'),
    );

    expect(line).toMatchObject({
      submissionId: null,
      state: 'refused',
      error: { code: 'too_large', retryable: false },
    });
  });
});
