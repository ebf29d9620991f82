// What a doctor's check says, and how all of them are run.

import { AirlockError } from '../core/errors.ts';

/** One line of the doctor's answer. `mend` says what to do; null where there is nothing to do. */
export type CheckResult = {
  readonly section: string;
  readonly name: string;
  readonly status: 'OK' | 'WARN' | 'FAIL' | 'SKIP';
  readonly message: string;
  readonly mend: string | null;
};

/** A check: reads, never writes, never throws for what it is there to find. */
export type Check = {
  readonly section: string;
  readonly name: string;
  /** What to do when the check itself cannot be made. */
  readonly otherwise: string;
  readonly run: () => Promise<Omit<CheckResult, 'section' | 'name'>>;
};

/**
 * The command that mends a failure, where the failure names one.
 *
 * @param error - Anything caught.
 */
export function mendOf(error: unknown): string | null {
  const mend = error instanceof AirlockError ? error.data['mend'] : null;
  return typeof mend === 'string' ? mend : null;
}

/**
 * Run every check; one that throws is a FAIL of its own and stops no other.
 *
 * @param checks - In the order they are shown.
 */
export async function runChecks(checks: readonly Check[]): Promise<readonly CheckResult[]> {
  const results: CheckResult[] = [];
  for (const { section, name, otherwise, run } of checks) {
    try {
      results.push({ section, name, ...(await run()) });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      results.push({ section, name, ...fail(message, mendOf(error) ?? otherwise) });
    }
  }
  return results;
}

/** A check that found nothing wrong. */
export const ok = (message: string): Omit<CheckResult, 'section' | 'name'> => ({ status: 'OK', message, mend: null });
/** A check that does not apply here. */
export const skip = (message: string): Omit<CheckResult, 'section' | 'name'> => ({
  status: 'SKIP',
  message,
  mend: null,
});
/** A check that found something to know about. */
export const warn = (message: string, mend: string): Omit<CheckResult, 'section' | 'name'> => ({
  status: 'WARN',
  message,
  mend,
});
/** A check that found something broken. */
export const fail = (message: string, mend: string): Omit<CheckResult, 'section' | 'name'> => ({
  status: 'FAIL',
  message,
  mend,
});
