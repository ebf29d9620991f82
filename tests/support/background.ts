// Homes whose daemon runs in the background: it is stopped before the home goes.

import { makeTestHome, type TestHome } from './daemon.ts';

/** A home; disposing it stops a daemon that `airlock start` left behind. */
export async function makeBackgroundHome(): Promise<TestHome> {
  const home = await makeTestHome();
  return {
    ...home,
    [Symbol.asyncDispose]: async () => {
      await home.airlock(['stop', '--grace', '0 s']);
      await home[Symbol.asyncDispose]();
    },
  };
}
