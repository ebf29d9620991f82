// The store on its own thread: opens, recovers, runs groups, tidies up when idle, closes.

import type { StoreContext } from './context.ts';
import { inTransaction, openDatabase } from './database.ts';
import { runGroup } from './group-commit.ts';
import { makeLedger } from './ledger.ts';
import type { Settled, StoreSetup } from './messages.ts';
import type { StoreRequest } from './operations.ts';
import { giveBackPages, PRUNE_INTERVAL_MS, prune } from './prune.ts';
import { type Recovered, recover } from './recover.ts';
import { migrate } from './schema.ts';
import { countItems } from './stats.ts';

/** An open store. Disposing writes the WAL back and closes the file. */
export type Engine = Disposable & {
  readonly recovered: Recovered;
  /**
   * Run one group; see {@link runGroup}.
   *
   * @throws {Error} after all of the group is answered, when the file cannot be trusted any more.
   */
  readonly run: (requests: readonly StoreRequest[], settle: (settled: Settled) => void) => void;
};

function openContext({ path, limits, nowUnixMs, inHand, lastChangeSeq }: StoreSetup): {
  readonly context: StoreContext;
  readonly recovered: Recovered;
} {
  const database = openDatabase(path);
  try {
    migrate(database);
    const ledger = makeLedger({ items: countItems(database), lastSeq: lastChangeSeq });
    const context: StoreContext = { database, ledger, limits, refusals: new Map() };
    const recovered = inTransaction(database, () => recover(context, { inHand, nowUnixMs }));
    // Nobody listens yet: whoever subscribes reads the state first.
    ledger.commit();
    return { context, recovered };
  } catch (error) {
    database[Symbol.dispose]();
    throw error;
  }
}

function makePruner(context: StoreContext): (nowUnixMs: number) => void {
  let lastUnixMs: number | null = null;
  return (nowUnixMs) => {
    // A clock that was set back must not stop this for as long.
    if (lastUnixMs !== null && Math.abs(nowUnixMs - lastUnixMs) < PRUNE_INTERVAL_MS) return;
    const hasMore = inTransaction(context.database, () => prune(context, { nowUnixMs }));
    giveBackPages(context);
    lastUnixMs = hasMore ? null : nowUnixMs;
  };
}

function isIdle({ answers }: Settled, requests: readonly StoreRequest[]): boolean {
  const claims = requests.filter(({ method }) => method === 'claimSubmission' || method === 'claimDelivery');
  return answers.some(({ id, reply }) => {
    if (reply.kind !== 'value' || !claims.some((claim) => claim.id === id)) return false;
    const { value } = reply;
    return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'none';
  });
}

/**
 * Open the database, bring it to this version, and put back what was in progress.
 *
 * @throws {AirlockError} unavailable when the file is of a newer version or its settings do not hold.
 */
export function openEngine(setup: StoreSetup): Engine {
  const { context, recovered } = openContext(setup);
  const { database } = context;
  const pruneWhenDue = makePruner(context);
  return {
    recovered,
    run: (requests, settle) => {
      let idle = false;
      const { fatal } = runGroup(context, requests, (settled) => {
        settle(settled);
        idle ||= isIdle(settled, requests);
      });
      if (fatal !== null) throw fatal;
      // Order: after the answers, so that nobody waits for it.
      if (idle) pruneWhenDue(requests[0]?.nowUnixMs ?? setup.nowUnixMs);
    },
    [Symbol.dispose]: () => {
      try {
        database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      } finally {
        database[Symbol.dispose]();
      }
    },
  };
}
