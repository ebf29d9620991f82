import { describe, expect, it } from 'vitest';
import { AirlockError } from '../../../src/core/errors.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { UP } from '../../../src/delivery/destination-policy.ts';
import { toDestinationState } from '../../../src/delivery/destination-record.ts';
import { makeOutcomeWriter, type Written } from '../../../src/delivery/outcome-writer.ts';
import { makeFakeDeliveryStore } from '../../support/fake-delivery-store.ts';
import { makeManualClock } from '../../support/manual-clock.ts';

const { signal } = new AbortController();
const now = { nowMs: 0, nowUnixMs: 0 };
const destination = toDestinationState('wats', { ...UP, state: 'held' }, now);

async function makeBench() {
  const store = makeFakeDeliveryStore();
  store.add(2);
  const claims = [
    await store.claimDelivery('wats', { isProbe: false }),
    await store.claimDelivery('wats', { isProbe: false }),
  ];
  const items = claims.flatMap((claim) => (claim.kind === 'claimed' ? [claim.item] : []));
  const deps = { store, clock: makeManualClock(), log: silentLogger, random: () => 0.5 };
  return { store, items, write: makeOutcomeWriter(deps, { signal }).write, deps };
}

const plain = { destination: null, isLifted: false, revived: [] } satisfies Partial<Written>;

describe('makeOutcomeWriter()', () => {
  it('writes a hold: destination, delivery, then the dead that come back', async () => {
    const { store, items, write } = await makeBench();
    const [first, second] = items;
    if (first === undefined || second === undefined) throw new Error('Cannot test: nothing claimed');
    const revived = [{ reportId: first.reportId, revision: 1, error: 'no', answer: null }];

    await write({ ...plain, delivery: second, end: { state: 'held', error: 'x', answer: null }, destination, revived });

    expect(store.writes).toEqual(['destination:held', '2:held', '1:held']);
  });

  it('writes a lift: delivery, release, destination', async () => {
    const { store, items, write } = await makeBench();
    const [delivery] = items;
    if (delivery === undefined) throw new Error('Cannot test: nothing claimed');
    const up = { ...destination, state: 'up' as const };

    await write({
      ...plain,
      delivery,
      end: { state: 'delivered', serverId: null, answer: null },
      destination: up,
      isLifted: true,
    });

    expect(store.writes).toEqual(['1:delivered', 'release', 'destination:up']);
  });

  it('keeps the order of decisions: a death is written before the hold that takes it back', async () => {
    const { store, items, write, deps } = await makeBench();
    const [first, second] = items;
    if (first === undefined || second === undefined) throw new Error('Cannot test: nothing claimed');
    const revived = [{ reportId: first.reportId, revision: 1, error: 'no', answer: null }];
    store.failNext = 1;

    const death = write({ ...plain, delivery: first, end: { state: 'dead', reason: 'r', error: 'no', answer: null } });
    const hold = write({
      ...plain,
      delivery: second,
      end: { state: 'held', error: 'x', answer: null },
      destination,
      revived,
    });
    await new Promise((resolve) => setImmediate(resolve));
    deps.clock.advance(1_000);
    await Promise.all([death, hold]);

    expect(store.writes).toEqual(['1:dead', 'destination:held', '2:held', '1:held']);
  });

  it.each([
    ['a bug', new Error('not allowed')],
    ['an unknown delivery', new AirlockError('not_found', 'Cannot end delivery: it is unknown')],
    ['a logged bug', new AirlockError('internal', 'Cannot use store: a bug was logged')],
  ])('gives up at once at %s, and does not reject', async (_what, error) => {
    const { items, deps } = await makeBench();
    const [delivery] = items;
    if (delivery === undefined) throw new Error('Cannot test: nothing claimed');
    let calls = 0;
    const endDelivery = async () => {
      calls += 1;
      throw error;
    };
    const { write } = makeOutcomeWriter({ ...deps, store: { ...deps.store, endDelivery } }, { signal });

    await write({ ...plain, delivery, end: { state: 'ready' } });

    expect([calls, deps.clock.pending()]).toEqual([1, 0]);
  });
});
