import { describe, expect, it } from 'vitest';
import {
  acceptOne,
  claimOne,
  converted,
  DELIVERED,
  ended,
  makeReport,
  NOON_UNIX_MS,
  openTestEngine,
} from '../../support/store.ts';

const HOUR_MS = 3_600_000;
const FAILURE = { code: 'converter_failed', message: 'no header', file: 'c.ts', line: 3, column: 1 };

describe('claimSubmission() over a limit', () => {
  const HELD_BACK = { kind: 'none', nextDueInMs: 1_000 };
  const threeOf = (first: number) => [0, 1, 2].map((n) => makeReport(first + n));

  it.each([
    ['under', 5, 'claimed'],
    ['at', 4, 'claimed'],
    ['over', 3, 'none'],
  ])('takes nothing while something can be uploaded: four items are one %s', (_title, maxItems, kind) => {
    using engine = openTestEngine({ maxItems });
    const first = acceptOne(engine);
    acceptOne(engine);
    engine.call('claimSubmission');
    engine.call('endSubmission', first, converted(...threeOf(1)));

    expect(engine.call('claimSubmission').kind).toBe(kind);
  });

  it('counts bytes as well as items', () => {
    using engine = openTestEngine({ maxBytes: 100 });
    const first = acceptOne(engine);
    acceptOne(engine);
    engine.call('claimSubmission');
    engine.call('endSubmission', first, converted(makeReport(1, { body: 'x'.repeat(100) })));

    expect(engine.call('claimSubmission')).toEqual(HELD_BACK);
  });

  it('goes on once uploads have made room', () => {
    using engine = openTestEngine({ maxItems: 3 });
    const first = acceptOne(engine);
    acceptOne(engine);
    engine.call('claimSubmission');
    engine.call('endSubmission', first, converted(...threeOf(1)));
    expect(engine.call('claimSubmission')).toEqual(HELD_BACK);

    const delivery = claimOne(engine);
    expect(engine.call('claimSubmission')).toEqual(HELD_BACK);
    engine.call('endDelivery', delivery, DELIVERED);

    expect(engine.call('claimSubmission').kind).toBe('claimed');
  });

  it('goes on while all that waits is for a destination that is held: what gives no report makes room as well', () => {
    using engine = openTestEngine({ maxItems: 3 });
    const first = acceptOne(engine);
    acceptOne(engine);
    engine.call('claimSubmission');
    engine.call('endSubmission', first, converted(...threeOf(1)));
    const destination = { name: 'folder', reason: 'r', message: 'm', sinceUnixMs: 1, dueUnixMs: 1, failures: 1 };

    engine.call('setDestination', { ...destination, state: 'held' });

    expect(engine.call('claimSubmission').kind).toBe('claimed');
  });
});

describe('claimSubmission()', () => {
  it('gives the file back as it was taken in, with the number of this attempt', () => {
    using engine = openTestEngine();
    const submissionId = acceptOne(engine, { text: 'abc', converter: 'csv', arguments: { sheet: 2 } });

    const claim = engine.call('claimSubmission');

    expect(claim).toEqual({
      kind: 'claimed',
      item: {
        submissionId,
        kid: 'station',
        name: 'unit.csv',
        body: { kind: 'inline', bytes: new Uint8Array(Buffer.from('abc')) },
        companions: [],
        sha256: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
        receivedAtUnixMs: NOON_UNIX_MS,
        converter: 'csv',
        arguments: { sheet: 2 },
        attempt: 1,
      },
    });
  });

  it('says that there is nothing, and nothing to wait for', () => {
    using engine = openTestEngine();

    expect(engine.call('claimSubmission')).toEqual({ kind: 'none', nextDueInMs: null });
  });

  it('takes the lower priority number first, and equals in the order they came', () => {
    using engine = openTestEngine();
    for (const name of ['low', 'first', 'second']) acceptOne(engine, { name, priority: name === 'low' ? 6 : 5 });

    const names = [1, 2, 3].map(() => engine.call('claimSubmission')).map((c) => c.kind === 'claimed' && c.item.name);

    expect(names).toEqual(['first', 'second', 'low']);
  });

  it('lets an hour of waiting weigh one step of priority', () => {
    using engine = openTestEngine();
    acceptOne(engine, { name: 'old', priority: 6 });
    engine.nowUnixMs += HOUR_MS + 1;
    acceptOne(engine, { name: 'new', priority: 5 });

    expect(engine.call('claimSubmission')).toMatchObject({ item: { name: 'old' } });
  });

  it('comes to a suspended one when it is due, behind what was received', () => {
    using engine = openTestEngine();
    const later = acceptOne(engine, { name: 'later' });
    engine.call('claimSubmission');
    engine.call('endSubmission', later, ended({ state: 'suspended', reason: 'no limits file', afterMs: 1_000 }));

    engine.nowUnixMs += 999;
    const early = engine.call('claimSubmission');
    engine.nowUnixMs += 1;
    acceptOne(engine, { name: 'fresh' });
    const claims = [1, 2].map(() => engine.call('claimSubmission'));

    expect(early).toEqual({ kind: 'none', nextDueInMs: 1 });
    expect(claims).toMatchObject([{ item: { name: 'fresh' } }, { item: { name: 'later', attempt: 2 } }]);
  });
});

describe('endSubmission()', () => {
  const end = (given: Parameters<typeof ended>[0]) => {
    const engine = openTestEngine();
    const submissionId = acceptOne(engine);
    engine.call('claimSubmission');
    engine.call('endSubmission', submissionId, ended(given));
    const row = engine.call('getSubmission', submissionId, { kid: null });
    const { items } = engine.call('stats');
    engine[Symbol.dispose]();
    return { state: row?.state, reason: row?.reason, due: row?.dueUnixMs, failure: row?.failure, items };
  };

  it.each([
    [
      { state: 'skipped', reason: 'a log file' },
      { reason: 'a log file', due: null, failure: null, items: 0 },
    ],
    [
      { state: 'rejected', failure: FAILURE },
      { reason: FAILURE.code, due: null, failure: FAILURE, items: 0 },
    ],
    [
      { state: 'failed', failure: FAILURE },
      { reason: FAILURE.code, due: null, failure: FAILURE, items: 0 },
    ],
    [
      { state: 'stopped', failure: FAILURE },
      { reason: FAILURE.code, due: null, failure: FAILURE, items: 0 },
    ],
    [
      { state: 'crashed', failure: FAILURE },
      { reason: FAILURE.code, due: null, failure: FAILURE, items: 0 },
    ],
    [
      { state: 'suspended', reason: 'later', afterMs: 5 },
      { reason: 'later', due: NOON_UNIX_MS + 5, failure: null, items: 1 },
    ],
    [
      { state: 'waiting', reason: 'converter_pending', message: 'approve csv' },
      {
        reason: 'converter_pending',
        due: null,
        failure: { code: 'converter_refused', message: 'approve csv' },
        items: 1,
      },
    ],
    [{ state: 'received' }, { reason: null, due: null, failure: null, items: 1 }],
  ] as const)('keeps what %o says', (given, expected) => {
    expect(end(given)).toEqual({ state: given.state, ...expected });
  });

  it('charges no attempt where the file was given back', () => {
    using engine = openTestEngine();
    const submissionId = acceptOne(engine);
    engine.call('claimSubmission');
    engine.call('endSubmission', submissionId, ended({ state: 'received' }));

    expect(engine.call('claimSubmission')).toMatchObject({ item: { attempt: 1 } });
  });

  it('keeps converter, log and warnings', () => {
    using engine = openTestEngine();
    const submissionId = acceptOne(engine);
    engine.call('claimSubmission');
    const trace = {
      converter: { name: 'csv', version: '1.2.0', sha256: 'aa' },
      log: [{ level: 'info', text: 'two rows' }],
      warnings: ['no serial number'],
    };

    engine.call('endSubmission', submissionId, { ...trace, state: 'converted', reports: [] });

    expect(engine.call('getSubmission', submissionId, { kid: null })).toMatchObject({ ...trace, state: 'converted' });
  });

  it('makes reports appear and the submission change together, or neither', () => {
    using engine = openTestEngine();
    const submissionId = acceptOne(engine);
    engine.call('claimSubmission');
    const broken = makeReport(2, { kind: null as unknown as string });

    const [reply] = engine.group(['endSubmission', submissionId, converted(makeReport(1), broken)]);

    expect(reply).toMatchObject({ kind: 'bug' });
    expect(engine.call('getSubmission', submissionId, { kid: null })).toMatchObject({
      state: 'converting',
      reports: [],
    });
    expect(engine.changes.at(-1)).toMatchObject({ state: 'converting' });
    expect(engine.call('stats').items).toBe(1);
  });

  it('refuses a submission that does not exist, and one that was not claimed', () => {
    using engine = openTestEngine();
    const submissionId = acceptOne(engine);

    const [unclaimed] = engine.group(['endSubmission', submissionId, converted()]);
    const [unknown] = engine.group(['endSubmission', 'nobody', converted()]);

    expect(unclaimed).toMatchObject({ kind: 'bug' });
    expect(unknown).toMatchObject({ kind: 'refused', code: 'not_found' });
  });
});

describe('wakeWaiting()', () => {
  it('wakes those that wait for one of these reasons, and says how many', () => {
    using engine = openTestEngine();
    const ids = ['converter_pending', 'converter_quarantined', 'converter_pending'].map((reason) => {
      const submissionId = acceptOne(engine);
      engine.call('claimSubmission');
      engine.call('endSubmission', submissionId, ended({ state: 'waiting', reason, message: 'm' }));
      return submissionId;
    });

    const woken = engine.call('wakeWaiting', ['converter_pending']);

    const states = ids.map((id) => engine.call('getSubmission', id, { kid: null })?.state);
    expect(woken).toBe(2);
    expect(states).toEqual(['received', 'waiting', 'received']);
  });
});
