// Steps of a report in the order of the file, for tests.

import type { CanonicalReport } from '../../src/report/schema.ts';

type Step = CanonicalReport['root'];

/** The step and all below it. */
export function walkSteps(step: Step): readonly Step[] {
  return [step, ...step.steps.flatMap(walkSteps)];
}
