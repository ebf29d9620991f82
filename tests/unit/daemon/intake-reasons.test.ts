import { describe, expect, it } from 'vitest';
import { intakeLimitReasons, intakeReasons } from '../../../src/daemon/intake-reasons.ts';
import type { IntakeFolder } from '../../../src/intake/intake.ts';

const NOON = Date.UTC(2026, 10, 21, 12);

function folder(changes: Partial<IntakeFolder> = {}): IntakeFolder {
  return {
    name: 'ict',
    path: '/data/ict',
    state: 'watching',
    sinceUnixMs: 0,
    reason: null,
    waiting: 0,
    inFlight: 0,
    unreadable: [],
    unreadableFiles: null,
    eventsLost: null,
    odd: [],
    done: 0,
    failed: 0,
    failures: [],
    actions: 0,
    failing: 0,
    firstFailing: null,
    ...changes,
  };
}

describe('intakeReasons()', () => {
  it('say nothing of a folder that is well', () => {
    expect([intakeReasons([folder()]), intakeLimitReasons([folder({ reason: 'in_flight' })])]).toEqual([[], []]);
  });

  it('name files that cannot be opened, since when, and what shows them', () => {
    const unreadable = { unreadable: ['a.csv', 'b.csv'], unreadableFiles: { count: 2, sinceUnixMs: NOON } };

    expect(intakeReasons([folder(unreadable)])).toEqual([
      {
        code: 'file_unreadable',
        since: '2026-11-21T12:00:00.000Z',
        subject: 'ict',
        message: '2 file(s) cannot be opened for reading, one of them "a.csv"',
        action: expect.stringContaining('airlock intake list'),
      },
    ]);
  });

  it.each([
    ['ENOSPC', 'fs.inotify.max_user_watches'],
    ['EMFILE', 'fs.inotify.max_user_instances'],
    ['EIO', 'intake.folders.ict.poll'],
  ])('name lost events (%s), with what mends them', (code, action) => {
    expect(intakeReasons([folder({ eventsLost: { code, sinceUnixMs: NOON } })])).toEqual([
      {
        code: 'events_lost',
        since: '2026-11-21T12:00:00.000Z',
        subject: 'ict',
        message: expect.stringContaining(code),
        action: expect.stringContaining(action),
      },
    ]);
  });

  it('name a file that cannot be put away, and promise no list of all of them', () => {
    const firstFailing = { path: 'a.csv', error: 'EACCES: denied', sinceUnixMs: NOON };

    const [reason] = intakeReasons([folder({ failing: 3, firstFailing })]);

    expect(reason).toMatchObject({ code: 'post_action_failed', message: expect.stringContaining('"a.csv": EACCES') });
    expect(reason?.action).not.toContain('shows them');
  });
});

describe('intakeLimitReasons()', () => {
  it.each([
    ['too_many_files', 'too_many_files'],
    ['queue_full: count', 'queue_full'],
  ])('of a folder that says %s is %s', (reason, code) => {
    expect(intakeLimitReasons([folder({ reason, waiting: 2 })])).toEqual([
      { code, subject: 'ict', message: expect.stringContaining('/data/ict'), action: expect.any(String) },
    ]);
  });

  it('say nothing of a folder that is missing: that is a reason of its own', () => {
    expect(intakeLimitReasons([folder({ state: 'missing', reason: 'queue_full: count' })])).toEqual([]);
  });
});
