import { describe, expect, it } from 'vitest';
import { shareDaemon } from '../support/shared-daemon.ts';
import { LEAN, loginOf, settledStanding } from '../support/standing.ts';
import { expectUnharmed } from '../support/unharmed.ts';
import { runMutations } from '../support/wire-mutations.ts';

const MUTATIONS = 10_000;
/** Twenty seconds on a machine of its own. */
const TIMEOUT_MS = 300_000;

describe('10 000 mutations of what a client says, from eight connections at once', () => {
  const shared = shareDaemon({
    env: LEAN,
    prepare: (home) =>
      home.configure({
        ipc: {
          preAuth: { seats: 32 },
          // One bucket for all: its delay would make this test one of patience.
          failedProofs: { count: 10_000, per: '100 ms' },
          rate: { calls: { perMinute: 0 }, submit: { perMinute: 0 } },
        },
      }),
  });

  it(
    'are each answered or closed, none as a bug, and leave the daemon as it was',
    async () => {
      const seed = Number(process.env['AIRLOCK_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
      const login = loginOf(shared.home);
      // What the first calls of a fresh daemon make it load belongs to none of the mutations.
      await runMutations({ login, seed: seed + 1, mutations: 500, peers: 8 });
      const before = await settledStanding(shared.home);

      const counts = await runMutations({ login, seed, mutations: MUTATIONS, peers: 8 });

      expect(counts.answered + counts.closed + counts.refusedAtTheGate).toBe(MUTATIONS);
      expect(Math.min(counts.answered, counts.closed, counts.refusedAtTheGate)).toBeGreaterThan(MUTATIONS / 20);
      await expectUnharmed(shared.home, before);
      const errors = shared.daemon.log().match(/^.*"level":"(?:error|fatal)".*$/gm);
      expect(errors).toBeNull();
    },
    TIMEOUT_MS,
  );
});
