import { describe, expect, it } from 'vitest';
import { toKeyId, toSubmissionId } from '../../../src/core/ids.ts';
import { acceptOne, converted, makeInput, makeReport, openTestEngine, type TestEngine } from '../../support/store.ts';

const FAILED = {
  state: 'failed',
  converter: { name: 'csv', version: '1.0.0', sha256: 'c' },
  log: [],
  warnings: [],
  failure: { code: 'converter_failed', message: 'no header', file: 'converter.ts', line: 3, column: 1 },
} as const;

const origin = (path = 'a.csv', identity = '5:1:9') => ({ folder: 'ict', path, identity });

const drop = (engine: TestEngine, where = origin(), text = 'a;b') =>
  engine.call('accept', makeInput({ kid: toKeyId('folder:ict'), origin: where, text }));

function end(engine: TestEngine, submissionId: string, how: 'converted' | 'failed', n = 1): void {
  const claim = engine.call('claimSubmission');
  if (claim.kind !== 'claimed' || claim.item.submissionId !== submissionId) throw new Error('claimed another one');
  engine.call('endSubmission', toSubmissionId(submissionId), how === 'converted' ? converted(makeReport(n)) : FAILED);
}

function dropAndEnd(engine: TestEngine, how: 'converted' | 'failed'): string {
  const outcome = drop(engine);
  if (outcome.kind !== 'accepted') throw new Error(outcome.kind);
  end(engine, outcome.submissionId, how);
  return outcome.submissionId;
}

const due = (engine: TestEngine) => engine.call('dueActions', 'ict', { limit: 10 }).items;

describe('accept() of a watch folder', () => {
  it('takes the same file once while it is converted', () => {
    using engine = openTestEngine();
    const first = drop(engine);

    const again = drop(engine);

    expect([first, again]).toMatchObject([{ duplicate: false }, { duplicate: true }]);
    expect([engine.call('stats').submissions.received, due(engine)]).toEqual([1, []]);
  });

  it('takes it no more once it was converted, but has it put away', () => {
    using engine = openTestEngine();
    const submissionId = dropAndEnd(engine, 'converted');
    const [action] = due(engine);
    if (action === undefined) throw new Error('nothing is to be done');
    engine.call('endPostAction', action, { state: 'done', isGone: true });

    const again = drop(engine, origin('a.csv', '5:2:10'));

    expect(again).toMatchObject({ kind: 'accepted', submissionId, duplicate: true });
    expect(due(engine)).toMatchObject([{ outcome: 'done', submissionId, identity: '5:2:10', sha256: action.sha256 }]);
  });

  it('takes it anew once it failed, unless a person set the failed one going again', () => {
    using engine = openTestEngine();
    const submissionId = toSubmissionId(dropAndEnd(engine, 'failed'));
    engine.call(
      'retrySubmissions',
      { kind: 'named', submissions: [submissionId] },
      {
        isDryRun: false,
        kid: null,
        converter: null,
        arguments: null,
      },
    );
    const whileRetried = drop(engine);
    end(engine, submissionId, 'failed');

    const anew = drop(engine, origin('a.csv', '5:3:9'));

    expect([whileRetried, anew]).toMatchObject([{ submissionId, duplicate: true }, { duplicate: false }]);
  });

  it('knows folder, path and content: any other of them is another file', () => {
    using engine = openTestEngine();
    drop(engine);

    const others = [
      drop(engine, origin('b.csv')),
      drop(engine, { ...origin(), folder: 'fct' }),
      drop(engine, origin(), 'x;y'),
    ];

    expect(others).toMatchObject([{ duplicate: false }, { duplicate: false }, { duplicate: false }]);
  });

  it('remembers nothing of a file that did not fit into the queue', () => {
    using engine = openTestEngine({ maxItems: 1 });
    acceptOne(engine);

    expect(drop(engine)).toMatchObject({ kind: 'queue_full', reason: 'count' });
    expect([engine.call('openFiles'), engine.call('knownFiles', 'ict', [origin()])]).toEqual([[], []]);
  });
});

describe('the end of a conversion', () => {
  it.each(['converted', 'failed'] as const)('%s puts its action on the list in the same transaction, once', (how) => {
    using engine = openTestEngine();
    const submissionId = dropAndEnd(engine, how);
    engine.reopen();

    expect(due(engine)).toEqual([
      expect.objectContaining({
        folder: 'ict',
        path: 'a.csv',
        identity: '5:1:9',
        submissionId,
        outcome: how === 'converted' ? 'done' : 'failed',
        failure: how === 'converted' ? null : FAILED.failure,
        attempts: 0,
      }),
    ]);
    expect(engine.call('openFiles')).toEqual([]);
  });

  it('puts nothing on the list for what a program sent', () => {
    using engine = openTestEngine();
    end(engine, acceptOne(engine), 'failed');

    expect(due(engine)).toEqual([]);
  });
});

describe('endPostAction()', () => {
  it('defers with the reason, and counts the tries', () => {
    using engine = openTestEngine();
    dropAndEnd(engine, 'converted');
    const [action] = due(engine);
    if (action === undefined) throw new Error('nothing is to be done');

    engine.call('endPostAction', action, { state: 'deferred', error: 'EACCES', afterMs: 1_000 });
    const waiting = engine.call('dueActions', 'ict', { limit: 10 });
    const [counts] = engine.call('countFolders');
    engine.nowUnixMs += 1_000;

    expect(waiting).toEqual({ items: [], nextDueInMs: 1_000 });
    expect(counts).toMatchObject({ actions: 1, failing: 1, firstFailing: { path: 'a.csv', error: 'EACCES' } });
    expect(due(engine)).toMatchObject([{ attempts: 1 }]);
  });

  it('leaves alone the action that another file at the same path brought', () => {
    using engine = openTestEngine();
    dropAndEnd(engine, 'converted');
    const [old] = due(engine);
    if (old === undefined) throw new Error('nothing is to be done');
    drop(engine, origin('a.csv', '5:2:10'));

    engine.call('endPostAction', old, { state: 'done', isGone: true });

    expect(due(engine)).toMatchObject([{ identity: '5:2:10' }]);
    expect(engine.call('knownFiles', 'ict', [origin('a.csv', '5:2:10')])).toEqual(['a.csv']);
  });
});

describe('refuseFile()', () => {
  it('has a file put aside that was never taken in', () => {
    using engine = openTestEngine();

    engine.call('refuseFile', origin(), { code: 'too_large', message: 'Cannot take in file: 2 GiB' });

    expect(due(engine)).toMatchObject([{ sha256: null, submissionId: null, outcome: 'failed' }]);
    expect(engine.call('countFolders')).toMatchObject([
      { failed: 1, failures: [{ path: 'a.csv', code: 'too_large' }] },
    ]);
  });
});

describe('forgetFiles()', () => {
  it('forgets what was not seen since, never what is still being converted or lies there', () => {
    using engine = openTestEngine();
    dropAndEnd(engine, 'converted');
    drop(engine, origin('open.csv'));
    drop(engine, origin('kept.csv'), 'kept');
    const before = engine.nowUnixMs + 1;
    engine.nowUnixMs += 10;
    engine.call('touchFiles', 'ict', ['kept.csv']);

    const forgotten = engine.call('forgetFiles', 'ict', before);

    expect([forgotten, drop(engine)]).toMatchObject([1, { duplicate: false }]);
    expect(engine.call('openFiles')).toHaveLength(3);
  });
});
