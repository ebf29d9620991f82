import { describe, expect, it } from 'vitest';
import { claimOne, convertOne, DELIVERED, makeReport, openTestEngine, reportId } from '../../support/store.ts';

const ANY = { limit: 2, cursor: null, state: null, destination: null };

describe('listDeliveries()', () => {
  it('shows what is not delivered, newest first, with the words of the server', () => {
    using engine = openTestEngine();
    const submissionId = convertOne(engine, [makeReport(1), makeReport(2)]);
    engine.call('endDelivery', claimOne(engine), {
      state: 'dead',
      reason: 'refused',
      error: '400',
      answer: 'no such part',
    });

    const { items, nextCursor } = engine.call('listDeliveries', ANY);

    expect(nextCursor).toBeNull();
    expect(items).toMatchObject([
      { reportId: reportId(2), destination: 'folder', state: 'ready', submissionId, revision: 1 },
      {
        reportId: reportId(1),
        state: 'dead',
        reason: 'refused',
        lastError: '400',
        answer: 'no such part',
        attempts: 1,
      },
    ]);
  });

  it.each([
    [1, null],
    [2, null],
    [3, expect.any(String)],
  ])('with %i rows and a limit of 2 has the cursor %o', (count, nextCursor) => {
    using engine = openTestEngine();
    convertOne(
      engine,
      Array.from({ length: count }, (_none, n) => makeReport(n)),
    );

    expect(engine.call('listDeliveries', ANY).nextCursor).toEqual(nextCursor);
  });

  it('keeps to a state and a destination where asked, and goes on at the cursor', () => {
    using engine = openTestEngine();
    convertOne(
      engine,
      [1, 2, 3].map((n) => makeReport(n, { destinations: ['folder', 'b'] })),
    );
    engine.call('endDelivery', claimOne(engine, 'b'), DELIVERED);

    const first = engine.call('listDeliveries', { ...ANY, destination: 'folder' });
    const rest = engine.call('listDeliveries', { ...ANY, destination: 'folder', cursor: first.nextCursor });
    const delivered = engine.call('listDeliveries', { ...ANY, state: 'delivered' });

    expect([...first.items, ...rest.items].map((item) => item.reportId)).toEqual([3, 2, 1].map(reportId));
    expect(delivered.items).toMatchObject([{ reportId: reportId(1), destination: 'b', state: 'delivered' }]);
  });
});

describe('countByDestination()', () => {
  it('counts each destination by state', () => {
    using engine = openTestEngine();
    convertOne(engine, [makeReport(1, { destinations: ['folder', 'b'] }), makeReport(2)]);
    engine.call('endDelivery', claimOne(engine), DELIVERED);

    expect(engine.call('countByDestination')).toEqual({ folder: { delivered: 1, ready: 1 }, b: { ready: 1 } });
  });
});
