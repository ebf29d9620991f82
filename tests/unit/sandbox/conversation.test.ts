import { describe, expect, it } from 'vitest';
import { attachCost, FRAME_OUT, type FrameType, INDEX_BYTES } from '../../../src/sandbox/channel.ts';
import { makeConversation } from '../../../src/sandbox/conversation.ts';
import type { ConversionSink } from '../../../src/sandbox/job.ts';
import { type JobChoice, makeJob, makeTaken } from '../../support/sandbox.ts';

const BROKEN = { kind: 'broken' };
const CONTINUE = { kind: 'continue' };
const DONE = JSON.stringify({ encoding: 'utf-8', cpuMs: 1, heapBytes: 2 });

function begin(choice: JobChoice = {}, sink?: Partial<ConversionSink>) {
  const taken = makeTaken();
  const deps = { monotonicMs: () => 0, sink: { ...taken.sink, ...sink } };
  const { onFrame, hasEffects } = makeConversation(deps, { job: makeJob('one\ntwo', choice), jobId: 5 });
  const say = (type: FrameType, payload: string | Uint8Array = '', job = 5) =>
    onFrame({ type, job, payload: Buffer.from(payload) });
  return { say, taken, hasEffects };
}

function started(choice: JobChoice = {}, sink?: Partial<ConversionSink>) {
  const talk = begin(choice, sink);
  talk.say(FRAME_OUT.started);
  return talk;
}

const progress = (fraction: number): Buffer => {
  const payload = Buffer.alloc(8);
  payload.writeDoubleBE(fraction);
  return payload;
};

const index = (value: number): Buffer => {
  const payload = Buffer.alloc(INDEX_BYTES);
  payload.writeUInt32BE(value);
  return payload;
};

describe('conversation', () => {
  it('tells how much of the main file is used up, as the runner asks for more, and never more than there is', () => {
    const read: number[] = [];
    const { say } = started(
      { companions: [{ name: 'b.txt', body: { kind: 'inline', bytes: Buffer.from('b') }, sha256: 'sha' }] },
      { read: (bytes) => void read.push(bytes) },
    );

    for (const file of [0, 1, 0, 0]) say(FRAME_OUT.pull, index(file));

    expect(read).toEqual([0, 8, 8]);
  });

  it('takes records, attachments, log and progress, and ends as converted', () => {
    const { say, taken } = started();

    expect(say(FRAME_OUT.pull, index(0))).toEqual({ kind: 'pull', index: 0 });
    expect(say(FRAME_OUT.part, '{"r":1}')).toEqual(CONTINUE);
    expect(say(FRAME_OUT.attach, Buffer.of(1, 255))).toEqual(CONTINUE);
    expect(say(FRAME_OUT.log, '\u0002a\u001bb')).toEqual(CONTINUE);
    expect(say(FRAME_OUT.progress, progress(0.5))).toEqual(CONTINUE);
    expect(say(FRAME_OUT.done, DONE)).toEqual({
      kind: 'end',
      outcome: {
        kind: 'converted',
        encoding: 'utf-8',
        used: { wallMs: 0, cpuMs: 1, heapBytes: 2, outputBytes: 7 + 256, records: 1 },
      },
      isClean: true,
    });
    expect(taken).toMatchObject({
      parts: ['{"r":1}'],
      attachments: [Buffer.of(1, 255)],
      lines: [{ level: 'warn', text: 'a\\u001bb' }],
      fractions: [0.5],
    });
  });

  it.each([
    ['pull', FRAME_OUT.pull],
    ['a record', FRAME_OUT.part],
    ['a result', FRAME_OUT.done],
    ['ready', FRAME_OUT.ready],
  ] as const)('ends as broken when %s comes before started', (_what, type) => {
    expect(begin().say(type, type === FRAME_OUT.done ? DONE : '')).toEqual(BROKEN);
  });

  it('ends as broken at a frame for another job, a second started, and ready', () => {
    expect(started().say(FRAME_OUT.part, '1', 6)).toEqual(BROKEN);
    expect(started().say(FRAME_OUT.started)).toEqual(BROKEN);
    expect(started().say(FRAME_OUT.ready)).toEqual(BROKEN);
  });

  it.each([
    [0, 'pull'],
    [1, 'pull'],
    [2, 'broken'],
    [2 ** 32 - 1, 'broken'],
  ])('asked for file %i, with one companion: %s', (at, kind) => {
    const companion = { name: 'a.txt', body: { kind: 'inline', bytes: Buffer.from('a') }, sha256: '' } as const;

    expect(started({ companions: [companion] }).say(FRAME_OUT.pull, index(at)).kind).toBe(kind);
  });

  it('ends as broken when asked for no file', () => {
    expect(started().say(FRAME_OUT.pull)).toEqual(BROKEN);
  });

  it('ends as broken at a result that is none', () => {
    expect(started().say(FRAME_OUT.done, '{}')).toEqual(BROKEN);
    expect(started().say(FRAME_OUT.fail, '{"kind":"converted"}')).toEqual(BROKEN);
  });

  it('takes output to its limit and not a byte more', () => {
    const { say } = started({ limits: { output: 10 } });

    expect(say(FRAME_OUT.part, '123456789')).toEqual(CONTINUE);
    expect(say(FRAME_OUT.part, '1')).toEqual(CONTINUE);
    expect(say(FRAME_OUT.part, '1')).toEqual(BROKEN);
  });

  it('takes records to their number and not one more', () => {
    const { say } = started({ limits: { steps: 1 } });
    for (let record = 1; record <= 10_001; record += 1) expect(say(FRAME_OUT.part, '1')).toEqual(CONTINUE);

    expect(say(FRAME_OUT.part, '1')).toEqual(BROKEN);
  });

  it('charges a flood of small attachments and refuses empty ones', () => {
    const { say } = started({ limits: { output: attachCost(1) * 2 } });

    expect([say(FRAME_OUT.attach, 'a'), say(FRAME_OUT.attach, 'a')]).toEqual([CONTINUE, CONTINUE]);
    expect(say(FRAME_OUT.attach, 'a')).toEqual(BROKEN);
    expect(started().say(FRAME_OUT.attach)).toEqual(BROKEN);
  });

  it('takes log lines to their number and the one that says so', () => {
    const { say } = started({ limits: { logLines: 2 } });

    expect([1, 2, 3].map(() => say(FRAME_OUT.log, '\u0000'))).toEqual([CONTINUE, CONTINUE, CONTINUE]);
    expect(say(FRAME_OUT.log, '\u0000')).toEqual(BROKEN);
  });

  it.each([
    ['an unknown level', '\u0004x'],
    ['no level', ''],
  ])('ends as broken at a log line with %s', (_what, line) => {
    expect(started().say(FRAME_OUT.log, line)).toEqual(BROKEN);
  });

  it('ends as broken at progress that is no fraction, and at more than 200', () => {
    for (const wrong of [-0.1, 1.1, Number.NaN])
      expect(started().say(FRAME_OUT.progress, progress(wrong))).toEqual(BROKEN);
    const { say } = started();
    for (let frame = 1; frame <= 200; frame += 1) expect(say(FRAME_OUT.progress, progress(1))).toEqual(CONTINUE);

    expect(say(FRAME_OUT.progress, progress(1))).toEqual(BROKEN);
  });

  it('ends as the taker of records says', () => {
    const stop = { kind: 'stop', limit: 'steps', used: 2, allowed: 1 } as const;

    expect(started({}, { part: () => stop }).say(FRAME_OUT.part, '1')).toEqual({
      kind: 'end',
      outcome: { kind: 'stopped', limit: 'steps', used: 2, allowed: 1 },
      isClean: false,
    });
    expect(started({}, { part: () => ({ kind: 'refuse', reason: 'why' }) }).say(FRAME_OUT.part, '1')).toEqual({
      kind: 'end',
      outcome: { kind: 'rejected', reason: 'why', line: null, column: null },
      isClean: false,
    });
  });

  it.each([
    [{ kind: 'skipped', reason: 'r\n' }, { kind: 'skipped', reason: 'r\\n' }, true],
    [{ kind: 'suspended', reason: 'r', afterMs: null }, { kind: 'suspended', reason: 'r', afterMs: null }, true],
    [
      { kind: 'stopped', limit: 'cpu', used: 2, allowed: 1 },
      { kind: 'stopped', limit: 'cpu', used: 2, allowed: 1 },
      false,
    ],
  ])('ends as %j', (fail, outcome, isClean) => {
    expect(started().say(FRAME_OUT.fail, JSON.stringify(fail))).toEqual({ kind: 'end', outcome, isClean });
  });

  it('has effects once a record, an attachment or a log line was taken', () => {
    const { say, hasEffects } = started();
    say(FRAME_OUT.pull, index(0));
    say(FRAME_OUT.progress, progress(0.1));
    expect(hasEffects()).toBe(false);

    say(FRAME_OUT.log, '\u0000x');

    expect(hasEffects()).toBe(true);
  });
});
