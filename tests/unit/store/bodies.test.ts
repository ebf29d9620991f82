import { existsSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PlacedBody } from '../../../src/store/placed.ts';
import { converted, makeInput, openTestEngine, type TestEngine } from '../../support/store.ts';

const DAY_MS = 86_400_000;

/** Put a file where the store looks for it. */
function placeFile(engine: TestEngine, name: string, size: number): PlacedBody {
  const path = join(engine.payload, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, Buffer.alloc(size));
  return { kind: 'file', file: name, size, sha256: `hash of ${name}` };
}

const pathOf = (engine: TestEngine, name: string): string => join(engine.payload, name);

function acceptFile(engine: TestEngine) {
  const body = placeFile(engine, '00/main.rep', 200_000);
  const companions = [{ name: 'c', body: placeFile(engine, '00/companion.rep', 300_000) }];
  engine.call('accept', { ...makeInput(), body, companions });
}

describe('bodies in files', () => {
  it('count by their sizes, and go with their rows when sources are kept no longer, files after the commit', () => {
    using engine = openTestEngine();
    acceptFile(engine);
    const claim = engine.call('claimSubmission');
    if (claim.kind !== 'claimed') throw new Error('nothing to convert');
    engine.call('endSubmission', claim.item.submissionId, converted());
    const before = engine.call('stats').bytes.submissions;

    engine.nowUnixMs += 8 * DAY_MS;
    engine.call('claimSubmission');

    expect([before, engine.call('stats').bytes.submissions]).toEqual([500_000, 0]);
    expect(existsSync(pathOf(engine, '00/main.rep'))).toBe(false);
    expect(existsSync(pathOf(engine, '00/companion.rep'))).toBe(false);
  });

  it('are made room of when the queue is full of what is kept for replay alone', () => {
    using engine = openTestEngine({ maxBytes: 600_000 });
    acceptFile(engine);
    const claim = engine.call('claimSubmission');
    if (claim.kind !== 'claimed') throw new Error('nothing to convert');
    engine.call('endSubmission', claim.item.submissionId, converted());
    const large = makeInput({ body: { kind: 'inline', bytes: Buffer.alloc(120_000) } });
    const refused = engine.call('accept', large);

    engine.call('claimSubmission');

    expect(refused).toMatchObject({ kind: 'queue_full', reason: 'bytes' });
    expect(engine.call('accept', large)).toMatchObject({ kind: 'accepted' });
  });

  it('of a companion that is cut fail the whole submission', () => {
    using engine = openTestEngine();
    acceptFile(engine);
    truncateSync(pathOf(engine, '00/companion.rep'), 299_999);

    expect(engine.call('claimSubmission')).toMatchObject({ kind: 'none' });
    expect(engine.call('stats')).toMatchObject({ submissions: { failed: 1 }, items: 0, bytes: { submissions: 0 } });
    expect(existsSync(pathOf(engine, '00/main.rep'))).toBe(false);
  });

  it('without a row are deleted at the start, those with a row stay', () => {
    using engine = openTestEngine();
    acceptFile(engine);
    placeFile(engine, '01/orphan.rep', 10);

    engine.reopen();

    expect(existsSync(pathOf(engine, '01/orphan.rep'))).toBe(false);
    expect(engine.call('claimSubmission')).toMatchObject({ item: { body: { kind: 'file', size: 200_000 } } });
  });
});

describe('bytes that are kept', () => {
  it('bound what is taken in, one under, at and over', () => {
    using engine = openTestEngine({ maxBytes: 10_000 });
    const full = makeInput({ text: 'x'.repeat(9_990) });
    engine.call('accept', full);

    const over = engine.call('accept', makeInput({ text: 'x'.repeat(11) }));
    const fits = engine.call('accept', makeInput({ text: 'x'.repeat(10) }));

    expect(over).toMatchObject({ kind: 'queue_full', reason: 'bytes' });
    expect(fits).toMatchObject({ kind: 'accepted' });
  });
});
