import { describe, expect, it } from 'vitest';
import { configSchema } from '../../../src/config/schema/root.ts';
import { AirlockError } from '../../../src/core/errors.ts';
import { makeEventBus } from '../../../src/core/event-bus.ts';
import { toKeyId } from '../../../src/core/ids.ts';
import { silentLogger } from '../../../src/core/logger.ts';
import { makeStatus } from '../../../src/daemon/status.ts';
import { handleStatusGet, type StatusSources } from '../../../src/handlers/status-get.ts';
import { type IntakeDeps, startIntake } from '../../../src/intake/intake.ts';
import type { CallContext } from '../../../src/protocol/handler.ts';
import { statusGet } from '../../../src/protocol/methods/status-get.ts';
import type { StoreChange } from '../../../src/store/types.ts';
import { makeManualClock } from '../../support/manual-clock.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';

const gone = () => Promise.reject(new AirlockError('unavailable', 'Cannot use store: it has failed'));
const boot = { bootId: 'b', instance: 'default', version: '0', pid: 1, uptimeMs: () => 5 };

/** A store that rejects everything, but for what a start needs. */
function makeDeadStore(countFolders: IntakeDeps['store']['countFolders']): IntakeDeps['store'] {
  return {
    accept: gone,
    openUpload: gone,
    knownFiles: gone,
    openFiles: async () => [],
    refuseFile: gone,
    touchFiles: gone,
    forgetFiles: gone,
    dueActions: gone,
    endPostAction: gone,
    countFolders,
    changes: makeEventBus<StoreChange>(() => undefined),
  };
}

/** What the daemon says of itself, with this watch folder, while the store is down. */
async function sourcesFor(watched: string | null, countFolders: IntakeDeps['store']['countFolders'] = gone) {
  const folders = watched === null ? {} : { ict: { path: watched } };
  const config = configSchema.parse({ intake: { folders } });
  const deps = { store: makeDeadStore(countFolders), clock: makeManualClock(), log: silentLogger, maxBytes: 1 };
  const intake = await startIntake({ ...deps, resolvePath: (written) => written }, config.intake);
  const loaded = { kind: 'loaded', config, state: 'ok', path: '/c', etag: null, origins: {}, findings: [] } as const;
  const status = makeStatus({ loaded, stops: { isAsked: () => false }, startedAt: '', nowUnixMs: () => 0 });
  const sources = status.sources({
    store: { destinations: gone, pauses: gone, stats: gone },
    pool: { runners: () => ({ size: 1, busy: 0, ready: 1 }), walls: [] },
    registry: { list: () => [] },
    intake,
  });
  return { sources, [Symbol.asyncDispose]: () => intake[Symbol.asyncDispose]() };
}

const notHere = (): never => {
  throw new Error('not here');
};
const context: CallContext = {
  caller: { kid: toKeyId('local'), scopes: ['read'] },
  requestId: 'r1',
  signal: new AbortController().signal,
  progress: () => undefined,
  decide: () => undefined,
  log: silentLogger,
  subscriptions: { open: notHere, close: notHere },
  uploads: { open: notHere },
};

const ask = (sources: StatusSources) => handleStatusGet({ sources, boot }, {}, context);

describe('status/get while the store rejects everything', () => {
  it('says that the store has failed, without a watch folder', async () => {
    await using down = await sourcesFor(null);

    const status = await ask(down.sources);

    expect([status.state, status.reasons.map(({ code }) => code), status.intake]).toEqual([
      'degraded',
      ['store_failed'],
      [],
    ]);
  });

  it('shows each watch folder as its loop says it is, with counts of 0 where the store never answered', async () => {
    await using folder = await makeTemporaryFolder();
    await using down = await sourcesFor(folder.path);

    const status = await ask(down.sources);

    expect(status.reasons).toEqual(expect.arrayContaining([expect.objectContaining({ code: 'store_failed' })]));
    expect(status.intake).toMatchObject([{ name: 'ict', path: folder.path, done: 0, failed: 0, actions: 0 }]);
    expect(() => statusGet.result.parse(status)).not.toThrow();
  });

  it('keeps what the store said of a watch folder last, and says that it is old', async () => {
    await using folder = await makeTemporaryFolder();
    const known = {
      folder: 'ict',
      open: 0,
      done: 5,
      failed: 1,
      failures: [],
      actions: 2,
      failing: 0,
      firstFailing: null,
    };
    const answers = [async () => [known], gone];
    await using down = await sourcesFor(folder.path, () => (answers.shift() ?? gone)());
    await ask(down.sources);

    const { intake } = await ask(down.sources);

    expect(intake).toMatchObject([{ name: 'ict', done: 5, failed: 1, actions: 2, reason: 'store_failed' }]);
  });
});
