import { describe, expect, it } from 'vitest';
import { makeEventBus } from '../../../src/core/event-bus.ts';
import { toKeyId, toReportId, toSubmissionId } from '../../../src/core/ids.ts';
import { makeServerEvents, type ToldProgress } from '../../../src/daemon/server-events.ts';
import type { StatusWatch } from '../../../src/daemon/status-watch.ts';
import type { StatusEvent } from '../../../src/protocol/events.ts';
import type { ServerChange } from '../../../src/server/server-events.ts';
import type { Store, StoreChange } from '../../../src/store/types.ts';
import { makeConverter } from '../../support/conversion-parts.ts';

const fail = (error: unknown): never => {
  throw error;
};
const kid = toKeyId('local');
const submissionId = toSubmissionId('s');

function setUp() {
  const changes = makeEventBus<StoreChange>(fail);
  const statuses = makeEventBus<StatusEvent>(fail);
  const progress = makeEventBus<ToldProgress>(fail);
  const told: ServerChange[] = [];
  let watchers = 0;
  const counts = { asOfChange: 7, submissions: { received: 1 }, deliveries: { ready: 2 } };
  const status: StatusWatch = {
    changes: statuses,
    read: () => null,
    watch: () => {
      watchers += 1;
      return { refresh: () => Promise.resolve(), [Symbol.dispose]: () => void (watchers -= 1) };
    },
  };
  const events = makeServerEvents({
    store: { changes, snapshot: () => Promise.resolve(counts as Awaited<ReturnType<Store['snapshot']>>) },
    status,
    progress,
    registry: { list: () => [makeConverter('csv')] },
    config: () => ({ etag: 'e', state: 'ok', findings: [], path: '/home/station/config.jsonc' }) as never,
  });
  const listening = events.source.subscribe((change) => told.push(change));
  return { changes, statuses, progress, told, events, listening, watchers: () => watchers };
}

const submissionChange = (reason: string | null): StoreChange => ({
  kind: 'submission',
  changeSeq: 1,
  kid,
  submissionId,
  state: 'skipped',
  name: 'a.csv',
  converter: null,
  reason,
});

const reasonOf = ({ data }: ServerChange): string => (data as { reason: string }).reason;

describe('what the rooms announce', () => {
  it('is told with its topic, its key, and its place among the changes of the store', () => {
    const { changes, statuses, progress, told } = setUp();
    const report = { reportId: toReportId('r'), submissionId, state: 'ready', destination: 'wats' } as const;

    changes.publish(submissionChange(null));
    changes.publish({ kind: 'report', changeSeq: 2, kid, ...report, reason: 'down' });
    statuses.publish('now' as never);
    progress.publish({ kid, data: { submissionId, fraction: 0.5 } });

    expect(told).toEqual([
      { topic: 'submission', kid, changeSeq: 1, data: { submissionId, state: 'skipped', name: 'a.csv' } },
      { topic: 'report', kid, changeSeq: 2, data: { ...report, reason: 'down' } },
      { topic: 'status', kid: null, changeSeq: null, data: 'now' },
      { topic: 'progress', kid, changeSeq: null, about: 's', data: { submissionId, fraction: 0.5 } },
    ]);
  });

  it.each([
    ['x'.repeat(2047), 2047],
    ['x'.repeat(2048), 2048],
    ['x'.repeat(1_000_000), 2048],
  ])('has a reason of at most 2,048 characters', (reason, chars) => {
    const { changes, told } = setUp();

    changes.publish(submissionChange(reason));

    expect(told.map(reasonOf).map((text) => text.length)).toEqual([chars]);
  });

  it('has no half of a character at the end of a reason that is cut', () => {
    const { changes, told } = setUp();

    changes.publish(submissionChange(`${'x'.repeat(2047)}😀`));

    expect(told.map(reasonOf).map((text) => text.isWellFormed())).toEqual([true]);
  });

  it('is not told any more to who stopped listening', () => {
    const { changes, progress, told, listening } = setUp();

    listening[Symbol.dispose]();
    changes.publish(submissionChange(null));
    progress.publish({ kid, data: { submissionId, fraction: 0.5 } });

    expect(told).toEqual([]);
  });
});

describe('the states of topics', () => {
  it('are counts for what the store counts, and what is known here for the others', async () => {
    const { events } = setUp();

    expect(await events.snapshot({ kid: null }, ['report', 'submission'])).toEqual({
      asOfChange: 7,
      topics: { submission: { received: 1 }, report: { ready: 2 } },
    });
    expect(events.read('progress')).toEqual({});
    expect(events.read('config')).toEqual({ etag: 'e', state: 'ok', findings: [] });
    expect(events.read('converter')).toMatchObject({ items: [{ name: 'csv', state: 'approved' }] });
  });

  it('of status are looked at only while somebody hears that topic', () => {
    const { events, watchers } = setUp();

    using _others = events.watch(['submission', 'config']);
    expect(watchers()).toBe(0);
    const watch = events.watch(['submission', 'status']);
    expect(watchers()).toBe(1);
    watch[Symbol.dispose]();

    expect(watchers()).toBe(0);
  });
});
