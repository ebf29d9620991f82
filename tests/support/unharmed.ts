// What an attack must leave behind: a daemon that lives, answers at once, and holds no more memory and no more handles than before.

import { expect } from 'vitest';
import type { TestHome } from './daemon.ts';
import { goodClientMs, loginOf, type Standing, settledStanding } from './standing.ts';

/** Source: issue, "How it must stand attacks". */
const ADDED_BYTES = 20 * 1024 ** 2;
const GOOD_CLIENT_MS = 100;

/**
 * Fail unless the daemon lives, serves a good client within 100 ms, holds at most 20 MiB more than before, and no handle more.
 *
 * @param home - Home of the daemon.
 * @param before - {@link settledStanding} before the attack.
 */
export async function expectUnharmed(home: Pick<TestHome, 'places'>, before: Standing): Promise<void> {
  expect(await goodClientMs(loginOf(home))).toBeLessThan(GOOD_CLIENT_MS);
  if (before === null) return;
  const below = { rssBytes: before.rssBytes + ADDED_BYTES, handles: before.handles };
  const after = await settledStanding(home, { below });
  expect((after?.rssBytes ?? 0) - before.rssBytes).toBeLessThanOrEqual(ADDED_BYTES);
  expect(after?.handles).toBeLessThanOrEqual(before.handles);
}
