import { describe, expect, it } from 'vitest';
import { FRAME_OUT, type FrameType } from '../../../src/sandbox/channel.ts';
import { makeProbeTalk } from '../../../src/sandbox/probe-talk.ts';
import { makeProbe } from '../../support/sandbox.ts';

function begin(isStarted = true) {
  const talk = makeProbeTalk(makeProbe('', { limits: { errorText: 16 } }), 5);
  const say = (type: FrameType, payload: unknown = '', job = 5) =>
    talk.onFrame({ type, job, payload: Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload)) });
  if (isStarted) say(FRAME_OUT.started);
  return { talk, say };
}

const end = (outcome: object, isClean = true) => ({ kind: 'end', outcome, isClean });

describe('probe talk', () => {
  it.each([
    [{ kind: 'confidence', value: 0 }],
    [{ kind: 'confidence', value: 1 }],
    [{ kind: 'absent' }],
    [{ kind: 'none', reason: 'why' }],
  ])('ends with %j', (answer) => {
    expect(begin().say(FRAME_OUT.probed, answer)).toEqual(end(answer));
  });

  it.each([
    ['a confidence below 0', { kind: 'confidence', value: -0.1 }],
    ['a confidence above 1', { kind: 'confidence', value: 1.1 }],
    ['a confidence that is no number', { kind: 'confidence', value: null }],
    ['further keys', { kind: 'absent', more: 1 }],
    ['no JSON', '{'],
  ])('is broken by %s', (_what, answer) => {
    expect(begin().say(FRAME_OUT.probed, answer)).toEqual({ kind: 'broken' });
  });

  it.each(['pull', 'part', 'attach', 'log', 'progress', 'done', 'ready', 'started'] as const)(
    'is broken by %s',
    (name) => {
      expect(begin().say(FRAME_OUT[name])).toEqual({ kind: 'broken' });
    },
  );

  it('is broken by an answer before the start, and by one for another job', () => {
    expect(begin(false).say(FRAME_OUT.probed, { kind: 'absent' })).toEqual({ kind: 'broken' });
    expect(begin().say(FRAME_OUT.probed, { kind: 'absent' }, 6)).toEqual({ kind: 'broken' });
  });

  it.each([
    [{ kind: 'failed', name: 'E', message: 'a\u001b', stack: '' }, 'E: a\\u001b', true],
    [{ kind: 'failed', name: 'E', message: 'x'.repeat(99), stack: '' }, `E: ${'x'.repeat(13)}`, true],
    [{ kind: 'skipped', reason: 'no' }, 'no', true],
    [{ kind: 'rejected', reason: 'no', line: 1, column: 1 }, 'no', true],
    [{ kind: 'suspended', reason: 'no', afterMs: 1 }, 'no', true],
    [{ kind: 'stopped', limit: 'cpu', used: 251, allowed: 250 }, 'stopped at its limit of cpu: 250', false],
  ])('makes nothing of %j', (fail, reason, isClean) => {
    expect(begin(false).say(FRAME_OUT.fail, fail)).toEqual(end({ kind: 'none', reason }, isClean));
  });

  it('names a runner that ended and a limit that was met', () => {
    const { talk } = begin();

    expect(talk.crashed('SIGKILL')).toEqual({ kind: 'none', reason: 'the runner ended: SIGKILL' });
    expect(talk.stopped({ limit: 'wall', used: 350, allowed: 250 })).toEqual({
      kind: 'none',
      reason: 'stopped at its limit of wall: 250',
    });
  });
});
