import { describe, expect, it } from 'vitest';
import { makeProgress } from '../../../src/server/progress.ts';
import { makeManualClock } from '../../support/manual-clock.ts';

const STREAMED = { stream: 1, workDoneToken: 'token' };

function open(params: Record<string, unknown>) {
  const clock = makeManualClock();
  const told: unknown[] = [];
  const notify = (method: string, more: unknown): void => void told.push([method, more]);
  return { clock, told, progress: makeProgress({ clock, notify }, params) };
}

describe('makeProgress()', () => {
  it('tells the begin, each 125 ms what came, and the end', () => {
    const { clock, told, progress } = open({ ...STREAMED, size: 200 });

    progress.received(10);
    clock.advance(124);
    progress.received(50);
    clock.advance(1);
    progress.received(40);
    progress.received(100);
    progress.end();

    const value = (kind: string, bytes: number) => ({
      token: 'token',
      value: { kind, message: `${bytes} of 200 bytes received`, percentage: bytes / 2 },
    });
    expect(told).toEqual([
      ['$/progress', value('begin', 10)],
      ['$/progress', value('report', 100)],
      ['$/progress', value('end', 200)],
    ]);
  });

  it.each([
    ['there is no size', STREAMED],
    ['companions come as well', { ...STREAMED, size: 5, companions: [{ name: 'b', stream: 3 }] }],
    ['the size is 0', { ...STREAMED, size: 0 }],
  ])('tells no percentage when %s', (_case, params) => {
    const { told, progress } = open(params);

    progress.received(5);

    expect(told).toEqual([['$/progress', { token: 'token', value: { kind: 'begin', message: '5 bytes received' } }]]);
  });

  it('never tells more than all', () => {
    const { told, progress } = open({ ...STREAMED, size: 2 });

    progress.received(5);

    expect(told).toMatchObject([['$/progress', { value: { percentage: 100 } }]]);
  });

  it('says at most 10 things in a second', () => {
    const { clock, told, progress } = open(STREAMED);

    for (let ms = 0; ms < 1000; ms += 1) {
      progress.received(1);
      clock.advance(1);
    }
    progress.end();

    expect(told.length).toBe(9);
  });

  it.each([
    ['no token', { stream: 1 }],
    ['a token of another kind', { stream: 1, workDoneToken: {} }],
  ])('says nothing with %s', (_case, params) => {
    const { told, progress } = open(params);

    progress.received(5);
    progress.end();

    expect(told).toEqual([]);
  });

  it('says no end of what had not begun', () => {
    const { told, progress } = open(STREAMED);

    progress.end();

    expect(told).toEqual([]);
  });

  it.each([
    ['had begun', 1, ['begin', 'end']],
    ['had not', 0, []],
  ])('says nothing of code that runs on after the answer, where something %s', (_case, bytes, expected) => {
    const { clock, told, progress } = open(STREAMED);
    if (bytes > 0) progress.received(bytes);
    progress.end();

    clock.advance(1000);
    progress.report({ message: 'still at it' });
    progress.end();

    expect(told.map((one) => (one as [string, { value: { kind: string } }])[1].value.kind)).toEqual(expected);
  });
});
