import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeBallast } from '../../../src/store/ballast.ts';
import { makeTemporaryFolder } from '../../support/store.ts';

describe('makeBallast()', () => {
  it('lays real bytes down, gives them up once, and lays them down again', () => {
    using folder = makeTemporaryFolder();
    const path = join(folder.path, 'ballast');
    const ballast = makeBallast(path, 3_000_001);
    const states = [ballast.state()];

    ballast.rebuild();
    states.push(ballast.state());
    const { size, blocks, mode } = statSync(path);
    const released = [ballast.release(), ballast.release()];
    states.push(ballast.state());
    ballast.rebuild();
    states.push(ballast.state());

    expect({ size, mode: mode & 0o777, released, states }).toEqual({
      size: 3_000_001,
      mode: 0o600,
      released: [true, false],
      states: ['spent', 'ready', 'spent', 'ready'],
    });
    expect(blocks * 512).toBeGreaterThanOrEqual(3_000_001);
    expect(readdirSync(folder.path)).toEqual(['ballast']);
  });

  it('is off without a size, but gives up one that is left from before', () => {
    using folder = makeTemporaryFolder();
    const path = join(folder.path, 'ballast');
    const ballast = makeBallast(path, 0);
    ballast.rebuild();
    const before = ballast.release();
    writeFileSync(path, 'old');

    expect([ballast.state(), before, ballast.release()]).toEqual(['off', false, true]);
  });

  it('stays spent where it cannot be written, without throwing', () => {
    using folder = makeTemporaryFolder();
    const ballast = makeBallast(join(folder.path, 'missing', 'ballast'), 10);

    ballast.rebuild();

    expect(ballast.state()).toBe('spent');
  });
});
