// One hostile converter against a real pool: it ends as expected, in time, and the next job succeeds.

import { expect } from 'vitest';
import type { ConversionOutcome } from '../../src/sandbox/outcome.ts';
import { body, type JobChoice, SHORT, type Taken, type TestPool } from './sandbox.ts';

/** Limits of attacks: as short as a busy machine allows. */
export const ATTACK_LIMITS = { ...SHORT, wall: 700, wallPerMiB: 1, cpu: 200, load: 150 };
/** On top of the longest deadline: for starting a runner on a busy machine. */
const SLACK_MS = 1_500;

/** What an outcome is called in tables: its kind, and the limit if there is one. */
export function nameOf(outcome: ConversionOutcome): string {
  return outcome.kind === 'stopped' ? `stopped ${outcome.limit}` : outcome.kind;
}

/** How one attack went. */
export type AttackEnd = { readonly outcome: ConversionOutcome; readonly taken: Taken };

/**
 * Run a hostile source, then a good one.
 *
 * @param pool - Any test pool.
 * @param source - A whole module.
 * @param choice - Changes to the job.
 */
export async function attack(pool: TestPool, source: string, choice: JobChoice = {}): Promise<AttackEnd> {
  const limits = { ...ATTACK_LIMITS, ...choice.limits };
  // One trust group, so that the next job meets the very process that was attacked, if it was left alive.
  const { outcome, taken, ms } = await pool.run(source, { trust: 'bundled', ...choice, limits });
  const next = await pool.run(body('host.part("next")'), { trust: 'bundled' });

  expect(ms).toBeLessThan(limits.wall + limits.load + 1_000 + SLACK_MS);
  expect(nameOf(next.outcome)).toBe('converted');
  expect(next.taken.parts).toEqual(['next']);
  return { outcome, taken };
}
