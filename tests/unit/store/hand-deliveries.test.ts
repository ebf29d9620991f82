import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { HandAction } from '../../../src/store/queue-types.ts';
import {
  acceptOne,
  claimOne,
  converted,
  convertOne,
  DELIVERED,
  makeAttached,
  makeAttachment,
  makeReport,
  openTestEngine,
  reportId,
  type TestEngine,
} from '../../support/store.ts';

const HELD_BY_FAULT = { state: 'held', error: '401', answer: null } as const;
const ALL = { kind: 'filter', after: 0, state: null, destination: null } as const;

function act(engine: TestEngine, action: HandAction, ...numbers: readonly number[]) {
  const deliveries = numbers.map((n) => ({ reportId: reportId(n), destination: 'folder' }));
  return engine.call('handDeliveries', { kind: 'named', deliveries }, { action, isDryRun: false });
}

const all = (engine: TestEngine, action: HandAction, isDryRun = false) =>
  engine.call('handDeliveries', ALL, { action, isDryRun });

const stateOf = (engine: TestEngine, n: number) =>
  engine.call('getReport', reportId(n), { kid: null })?.deliveries[0]?.state;

const claim = (engine: TestEngine, isProbe: boolean) => engine.call('claimDelivery', 'folder', { isProbe });

describe('handDeliveries() hold', () => {
  it('keeps a delivery from claims, probes, the lift of its destination and a retry, until it is released', () => {
    using engine = openTestEngine();
    convertOne(engine, [makeReport(1)]);

    act(engine, 'hold', 1);

    expect(engine.changes.at(-1)).toMatchObject({ state: 'held', reason: 'held_by_person' });
    expect([claim(engine, false).kind, claim(engine, true).kind]).toEqual(['none', 'none']);
    expect(engine.call('releaseHeld', 'folder')).toBe(0);
    expect(engine.call('retryDeliveries', ALL, { isDryRun: false }).count).toBe(0);
    expect(act(engine, 'release', 1)).toEqual({ count: 1, skipped: [], next: null });
    expect(claimOne(engine).reportId).toBe(reportId(1));
  });

  it('takes over what its destination held, so that the lift does not let it go', () => {
    using engine = openTestEngine();
    convertOne(engine, [makeReport(1)]);
    engine.call('endDelivery', claimOne(engine), HELD_BY_FAULT);

    const held = act(engine, 'hold', 1);

    expect([held.count, engine.call('releaseHeld', 'folder'), stateOf(engine, 1)]).toEqual([1, 0, 'held']);
  });

  it('stays when its destination, found at fault, takes back what it had refused', () => {
    using engine = openTestEngine();
    convertOne(engine, [makeReport(1)]);
    const delivery = claimOne(engine);
    engine.call('endDelivery', delivery, { state: 'dead', reason: 'status_400', error: '400', answer: null });
    engine.call('retryDeliveries', ALL, { isDryRun: false });
    act(engine, 'hold', 1);

    engine.call('endDelivery', delivery, HELD_BY_FAULT);

    expect([engine.call('releaseHeld', 'folder'), stateOf(engine, 1)]).toEqual([0, 'held']);
  });

  it('stays over a restart, and goes over to the next revision of the report', () => {
    using engine = openTestEngine();
    convertOne(engine, [makeReport(1)]);
    act(engine, 'hold', 1);
    engine.reopen();

    convertOne(engine, [makeReport(1, { body: '{"n":"corrected"}' })]);

    const report = engine.call('getReport', reportId(1), { kid: null });
    expect(report).toMatchObject({ revision: 2, deliveries: [{ state: 'held' }] });
    expect(claim(engine, false).kind).toBe('none');
  });

  it('says why it leaves a named delivery as it is', () => {
    using engine = openTestEngine();
    convertOne(engine, [makeReport(1), makeReport(2), makeReport(3)]);
    engine.call('endDelivery', claimOne(engine), DELIVERED);
    claimOne(engine);
    act(engine, 'hold', 3);

    const { count, skipped } = act(engine, 'hold', 1, 2, 3, 9);

    expect([count, ...skipped.map(({ reason }) => reason)]).toEqual([
      0,
      'wrong_state',
      'busy',
      'wrong_state',
      'unknown',
    ]);
  });
});

describe('handDeliveries() release', () => {
  it('lets go only what a person holds', () => {
    using engine = openTestEngine();
    convertOne(engine, [makeReport(1), makeReport(2)]);
    engine.call('endDelivery', claimOne(engine), HELD_BY_FAULT);
    act(engine, 'hold', 2);

    const { count } = all(engine, 'release');

    expect([count, stateOf(engine, 1), stateOf(engine, 2)]).toEqual([1, 'held', 'ready']);
    expect(act(engine, 'release', 1).skipped).toEqual([{ id: `${reportId(1)}@folder`, reason: 'wrong_state' }]);
  });
});

describe('handDeliveries() delete', () => {
  it('lets a report go with its last delivery: row, body, attachments, file and count', () => {
    using engine = openTestEngine();
    mkdirSync(join(engine.payload, '00'), { recursive: true });
    const file = join(engine.payload, '00', 'large.rep');
    writeFileSync(file, '{"n":2}');
    const large = { ...makeReport(2, { body: '' }), placed: { file: '00/large.rep', size: 7, sha256: 'x' } };
    convertOne(engine, [makeAttached(1, [makeAttachment('picture')])]);
    acceptOne(engine);
    const taken = engine.call('claimSubmission');
    if (taken.kind !== 'claimed') throw new Error('nothing to convert');
    engine.call('endSubmission', taken.item.submissionId, converted(large));
    const before = engine.call('stats');

    const outcome = all(engine, 'delete');

    const { items, bytes } = engine.call('stats');
    expect([before.items, outcome.count, items, bytes.reports]).toEqual([2, 2, 0, 0]);
    expect(engine.call('getReport', reportId(1), { kid: null })).toBeNull();
    expect(existsSync(file)).toBe(false);
    expect(engine.changes.slice(-2)).toMatchObject([
      { kind: 'report', state: 'deleted', reportId: reportId(1) },
      { kind: 'report', state: 'deleted', reportId: reportId(2) },
    ]);
  });

  it('keeps the report for its other destination, and the receipt of one that was delivered', () => {
    using engine = openTestEngine();
    convertOne(engine, [makeReport(1, { destinations: ['folder', 'wats'] })]);

    act(engine, 'delete', 1);
    const open = engine.call('getReport', reportId(1), { kid: null });
    engine.call('endDelivery', claimOne(engine, 'wats'), DELIVERED);

    expect(open).toMatchObject({ body: '{"n":1}', deliveries: [{ destination: 'wats', state: 'ready' }] });
    expect(engine.call('stats').items).toBe(0);
    expect(act(engine, 'delete', 1).skipped[0]?.reason).toBe('unknown');
  });

  it('leaves alone what is being uploaded, and at a dry run everything', () => {
    using engine = openTestEngine();
    convertOne(engine, [makeReport(1), makeReport(2)]);
    const delivery = claimOne(engine);

    const dry = all(engine, 'delete', true);
    const busy = act(engine, 'delete', 1);
    const counted = engine.call('stats').items;
    const real = all(engine, 'delete');
    engine.call('endDelivery', delivery, DELIVERED);

    expect([dry.count, busy.skipped[0]?.reason, counted, real.count]).toEqual([1, 'busy', 2, 1]);
    expect(stateOf(engine, 1)).toBe('delivered');
    expect(engine.call('stats').items).toBe(0);
  });
});
