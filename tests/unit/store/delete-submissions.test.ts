import { describe, expect, it } from 'vitest';
import { toKeyId, toSubmissionId } from '../../../src/core/ids.ts';
import {
  acceptOne,
  claimOne,
  convertOne,
  DELIVERED,
  ended,
  makeReport,
  openTestEngine,
  reportId,
  type TestEngine,
} from '../../support/store.ts';

type Ids = readonly ReturnType<typeof acceptOne>[];

const remove = (engine: TestEngine, submissions: Ids, options: { kid?: string; isDryRun?: boolean } = {}) =>
  engine.call(
    'deleteSubmissions',
    { kind: 'named', submissions },
    { kid: options.kid === undefined ? null : toKeyId(options.kid), isDryRun: options.isDryRun ?? false },
  );

describe('deleteSubmissions()', () => {
  it('lets a submission go with its file, its reports and what was to be delivered, each announced once', () => {
    using engine = openTestEngine();
    const id = convertOne(engine, [makeReport(1), makeReport(2)]);
    engine.call('endDelivery', claimOne(engine), DELIVERED);
    const before = engine.changes.length;

    const outcome = remove(engine, [id]);

    const { items, bytes, submissions, deliveries } = engine.call('stats');
    expect(outcome).toEqual({ count: 1, skipped: [], next: null });
    expect([items, bytes.submissions, bytes.reports, submissions.converted, deliveries.ready]).toEqual([0, 0, 0, 0, 0]);
    expect(engine.call('getReport', reportId(1), { kid: null })).toBeNull();
    expect(engine.changes.slice(before)).toMatchObject([
      { kind: 'report', state: 'deleted', reportId: reportId(2) },
      { kind: 'submission', state: 'deleted', submissionId: id },
    ]);
  });

  it('of one that waits for its conversion frees its place', () => {
    using engine = openTestEngine({ maxItems: 1 });
    const id = acceptOne(engine);

    remove(engine, [id]);

    expect(engine.call('stats').items).toBe(0);
    expect(engine.call('claimSubmission').kind).toBe('none');
    expect(() => acceptOne(engine)).not.toThrow();
  });

  it('keeps a report that another submission gave too, and that one owns it from then on', () => {
    using engine = openTestEngine();
    const first = convertOne(engine, [makeReport(1)], { kid: toKeyId('a') });
    const second = convertOne(engine, [makeReport(1)], { kid: toKeyId('b'), text: 'other' });

    remove(engine, [first]);

    expect(engine.call('getReport', reportId(1), { kid: toKeyId('b') })).toMatchObject({ submissionId: second });
    expect(engine.call('stats').items).toBe(1);
    expect(claimOne(engine)).toMatchObject({ reportId: reportId(1), submissionId: second });
  });

  it('says why it leaves one as it is: being converted, being uploaded, or not there for this key', () => {
    using engine = openTestEngine();
    const uploading = convertOne(engine, [makeReport(1)]);
    claimOne(engine);
    const converting = acceptOne(engine);
    engine.call('claimSubmission');
    const theirs = acceptOne(engine, { kid: toKeyId('other') });
    const unknown = toSubmissionId('00000000-0000-7000-8000-000000000000');

    const { count, skipped } = remove(engine, [uploading, converting, theirs, unknown], { kid: 'station' });

    expect([count, ...skipped.map(({ reason }) => reason)]).toEqual([0, 'busy', 'busy', 'unknown', 'unknown']);
  });

  it('changes nothing at a dry run, and takes a state in batches', () => {
    using engine = openTestEngine();
    for (let n = 0; n < 11; n += 1) {
      const id = acceptOne(engine);
      engine.call('claimSubmission');
      engine.call('endSubmission', id, ended({ state: 'skipped', reason: 'no' }));
    }
    const filter = (after: number, isDryRun: boolean) =>
      engine.call('deleteSubmissions', { kind: 'filter', after, state: 'skipped' }, { kid: null, isDryRun });

    const dry = filter(0, true);
    const first = filter(0, false);
    const second = filter(first.next ?? 0, false);

    expect([dry.count, first.count, second.count, second.next]).toEqual([10, 10, 1, null]);
    expect(engine.call('stats').submissions.skipped).toBe(0);
  });

  it('puts a file of a watch folder aside when it was not converted yet', () => {
    using engine = openTestEngine();
    const origin = { folder: 'ict', path: 'a.csv', identity: '1' };
    const id = acceptOne(engine, { origin });

    remove(engine, [id]);

    expect(engine.call('dueActions', 'ict', { limit: 10 }).items).toMatchObject([
      { path: 'a.csv', outcome: 'failed', failure: { code: 'deleted' } },
    ]);
    expect(engine.call('openFiles')).toEqual([]);
  });

  it('of a converted one lets its file be taken in again when it comes again, and leaves alone what still lies there', () => {
    using engine = openTestEngine();
    const origin = { folder: 'ict', path: 'a.csv', identity: '1' };
    const first = convertOne(engine, [makeReport(1)], { origin });

    remove(engine, [first]);
    const known = engine.call('knownFiles', 'ict', [{ path: 'a.csv', identity: '1' }]);
    const second = acceptOne(engine, { origin: { ...origin, identity: '2' } });

    expect(known).toEqual(['a.csv']);
    expect(second).not.toBe(first);
    expect(engine.call('claimSubmission')).toMatchObject({ kind: 'claimed', item: { submissionId: second } });
  });
});
