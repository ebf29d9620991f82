// A store of deliveries in memory, for unit tests of the uploader: claims in order, records every write.

import { createHash } from 'node:crypto';
import { AirlockError } from '../../src/core/errors.ts';
import { type EventBus, makeEventBus } from '../../src/core/event-bus.ts';
import { toKeyId, toReportId, toSubmissionId } from '../../src/core/ids.ts';
import type { DeliveryState } from '../../src/core/states.ts';
import type { ClaimedDelivery, DestinationState, Store, StoreChange } from '../../src/store/types.ts';

type Row = { readonly item: ClaimedDelivery; state: DeliveryState };

/** What the uploader needs of a store. */
export type DeliveryStore = Pick<
  Store,
  'claimDelivery' | 'endDelivery' | 'destinations' | 'setDestination' | 'releaseHeld' | 'holdRemoved' | 'changes'
>;

/** The fake, with what a test wants to see and steer. */
export type FakeDeliveryStore = Omit<DeliveryStore, 'claimDelivery'> & {
  /** May be replaced while the loop runs. */
  claimDelivery: DeliveryStore['claimDelivery'];
  /** Add ready deliveries, numbered on from the last. */
  readonly add: (count: number, extra?: Partial<ClaimedDelivery>) => void;
  /** Every write in order, as text: `1:delivered`, `destination:held`, `release`. */
  readonly writes: readonly string[];
  readonly states: () => readonly DeliveryState[];
  /** Let the next calls of any writing method fail as a store that has failed does. */
  failNext: number;
  /** What a claim says when nothing is due. */
  nextDueInMs: number | null;
};

const submissionId = toSubmissionId('0198c2f0-0000-7000-8000-00000000000f');

function makeItem(number: number, extra: Partial<ClaimedDelivery>): ClaimedDelivery {
  const body = extra.body ?? JSON.stringify({ number });
  return {
    reportId: toReportId(`0198c2f0-0000-7000-8000-${String(number).padStart(12, '0')}`),
    revision: 1,
    submissionId,
    destination: 'wats',
    body,
    attachments: [],
    bytes: Buffer.byteLength(body),
    sha256: createHash('sha256').update(body).digest('hex'),
    acceptedAtUnixMs: 0,
    attempts: 0,
    tries: 1,
    ...extra,
  };
}

/** Make a fake store. */
export function makeFakeDeliveryStore(known: readonly DestinationState[] = []): FakeDeliveryStore {
  const rows: Row[] = [];
  const writes: string[] = [];
  const changes: EventBus<StoreChange> = makeEventBus((error) => {
    throw error;
  });

  function announceReady(item: ClaimedDelivery): void {
    const { reportId, destination } = item;
    const base = { changeSeq: writes.length, kid: toKeyId('local'), submissionId };
    changes.publish({ ...base, kind: 'report', reportId, destination, state: 'ready', reason: null });
  }

  async function write(text: string): Promise<void> {
    await Promise.resolve();
    if (store.failNext > 0) {
      store.failNext -= 1;
      throw new AirlockError('unavailable', 'Cannot use store: it has failed or is closed');
    }
    writes.push(text);
  }

  const store: FakeDeliveryStore = {
    failNext: 0,
    nextDueInMs: null,
    writes,
    changes,
    states: () => rows.map(({ state }) => state),
    add: (count, extra = {}) => {
      for (let index = 0; index < count; index += 1) {
        const item = makeItem(rows.length + 1, extra);
        rows.push({ item, state: 'ready' });
        announceReady(item);
      }
    },
    claimDelivery: async (destination, { isProbe }) => {
      await Promise.resolve();
      const wanted: readonly DeliveryState[] = isProbe ? ['ready', 'deferred', 'held'] : ['ready'];
      const row = rows.find(({ item, state }) => item.destination === destination && wanted.includes(state));
      if (row === undefined) return { kind: 'none', nextDueInMs: store.nextDueInMs };
      row.state = 'inflight';
      return { kind: 'claimed', item: row.item };
    },
    endDelivery: async ({ reportId }, { state }) => {
      const index = rows.findIndex(({ item }) => item.reportId === reportId);
      await write(`${index + 1}:${state}`);
      const row = rows[index];
      if (row === undefined) return;
      row.state = state;
      if (state === 'ready') announceReady(row.item);
    },
    releaseHeld: async () => {
      await write('release');
      const held = rows.filter(({ state }) => state === 'held');
      for (const row of held) {
        row.state = 'ready';
        announceReady(row.item);
      }
      return held.length;
    },
    holdRemoved: async (configured) => {
      await write(`configured:${configured.join(',')}`);
      return 0;
    },
    destinations: () => Promise.resolve(known),
    setDestination: ({ state }) => write(`destination:${state}`),
  };
  return store;
}
