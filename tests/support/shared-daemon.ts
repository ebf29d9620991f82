// One daemon for all cases of a `describe`: starting one costs more than most cases do.

import { afterAll, beforeAll } from 'vitest';
import type { Client } from '../../src/client/connect.ts';
import { makeTestHome, type TestDaemon, type TestHome } from './daemon.ts';

/** What the cases share; there from the first case on. Each case brings names, serial numbers and keys of its own. */
export type SharedDaemon = { readonly home: TestHome; readonly daemon: TestDaemon; readonly client: Client };

/** Options of {@link shareDaemon}: what the home needs before the start, and more arguments and variables of `airlock run`. */
export type ShareDaemonOptions = {
  readonly prepare?: (home: TestHome) => Promise<void>;
  readonly argv?: readonly string[];
  readonly env?: Record<string, string>;
};

/** Start a daemon before the first case of this `describe`, and end it after the last. */
export function shareDaemon({ prepare, argv = [], env = {} }: ShareDaemonOptions = {}): SharedDaemon {
  const stack = new AsyncDisposableStack();
  let opened: SharedDaemon | null = null;

  beforeAll(async () => {
    const home = stack.use(await makeTestHome());
    await prepare?.(home);
    const daemon = await home.start(argv, env);
    opened = { home, daemon, client: stack.use(await home.connect('local')) };
  });
  afterAll(() => stack.disposeAsync());

  const get = (): SharedDaemon => {
    if (opened === null) throw new Error('Cannot use shared daemon: it is there from the first case on');
    return opened;
  };
  return {
    get home() {
      return get().home;
    },
    get daemon() {
      return get().daemon;
    },
    get client() {
      return get().client;
    },
  };
}
