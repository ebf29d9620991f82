import { describe, expect, it } from 'vitest';
import {
  acceptOne,
  claimOne,
  converted,
  convertOne,
  DELIVERED,
  makeReport,
  NOON_UNIX_MS,
  openTestEngine,
  type TestEngine,
} from '../../support/store.ts';

const claim = (engine: TestEngine, destination: string, isProbe = false) =>
  engine.call('claimDelivery', destination, { isProbe }).kind;

const BOTH = { destinations: ['folder', 'wats'] };

describe('pause()', () => {
  it('lets nothing be claimed for one destination, not even a probe, also after a restart', () => {
    using engine = openTestEngine();
    convertOne(engine, [makeReport(1, BOTH)]);

    const changed = [engine.call('pause', 'folder'), engine.call('pause', 'folder')];
    engine.reopen();

    expect(changed).toEqual([true, false]);
    expect([claim(engine, 'folder'), claim(engine, 'folder', true), claim(engine, 'wats')]).toEqual([
      'none',
      'none',
      'claimed',
    ]);
  });

  it('of the whole queue stops every destination; each pause has an end of its own', () => {
    using engine = openTestEngine();
    convertOne(engine, [makeReport(1, BOTH)]);
    engine.call('pause', null);
    engine.call('pause', 'wats');
    const stopped = [claim(engine, 'folder'), claim(engine, 'wats')];

    engine.call('resume', null);

    expect(stopped).toEqual(['none', 'none']);
    expect([claim(engine, 'folder'), claim(engine, 'wats')]).toEqual(['claimed', 'none']);
    expect(engine.call('stats').pauses).toEqual([{ destination: 'wats', sinceUnixMs: NOON_UNIX_MS }]);
    expect([engine.call('resume', 'wats'), engine.call('resume', 'wats')]).toEqual([true, false]);
  });

  it('lets what is on its way come to its end', () => {
    using engine = openTestEngine();
    convertOne(engine, [makeReport(1)]);
    const delivery = claimOne(engine);

    engine.call('pause', null);
    engine.call('endDelivery', delivery, DELIVERED);

    expect(engine.call('stats').deliveries.delivered).toBe(1);
  });

  it('does not hold conversions back for uploads that will not come', () => {
    using engine = openTestEngine({ maxItems: 2 });
    acceptOne(engine);
    convertOneOf(engine, [makeReport(1), makeReport(2), makeReport(3)]);
    const before = engine.call('claimSubmission').kind;

    engine.call('pause', null);

    expect([before, engine.call('claimSubmission').kind]).toEqual(['none', 'claimed']);
  });
});

/** Two files are in; the results of the first bring the queue over its bound. */
function convertOneOf(engine: TestEngine, reports: readonly ReturnType<typeof makeReport>[]): void {
  acceptOne(engine);
  const claimed = engine.call('claimSubmission');
  if (claimed.kind !== 'claimed') throw new Error('nothing to convert');
  engine.call('endSubmission', claimed.item.submissionId, converted(...reports));
}

describe('openWork()', () => {
  it('tells what goes on by itself from what does not', () => {
    using engine = openTestEngine();
    convertOne(
      engine,
      [1, 2, 3].map((n) => makeReport(n)),
    );
    convertOne(engine, [makeReport(4, { destinations: ['wats'] })]);
    engine.call('endDelivery', claimOne(engine), { state: 'dead', reason: 'refused', error: '400', answer: null });
    claimOne(engine);
    acceptOne(engine);

    const before = engine.call('openWork', { destination: null, served: ['folder', 'wats'] });
    engine.call('pause', 'folder');
    const paused = engine.call('openWork', { destination: 'folder', served: ['folder', 'wats'] });

    expect(before).toEqual({
      moving: { submissions: 1, deliveries: 3 },
      left: { submissions: {}, deliveries: { dead: 1 } },
    });
    expect(paused).toEqual({
      moving: { submissions: 1, deliveries: 1 },
      left: { submissions: {}, deliveries: { dead: 1, ready: 1 } },
    });
  });

  it('counts what is bound for a destination that takes nothing as left, but for what is on its way there', () => {
    using engine = openTestEngine();
    convertOne(
      engine,
      [1, 2, 3].map((n) => makeReport(n)),
    );
    claimOne(engine);

    const held = engine.call('openWork', { destination: null, served: ['wats'] });

    expect(held).toEqual({
      moving: { submissions: 0, deliveries: 1 },
      left: { submissions: {}, deliveries: { ready: 2 } },
    });
  });
});
