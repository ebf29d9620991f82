// One probe's talk with one runner: `started`, then one answer, nothing else.

import { assertNever } from '../core/assert-never.ts';
import { type FailMessage, FRAME_OUT, type Frame } from './channel.ts';
import { toSafeText } from './guest-text.ts';
import type { ProbeJob, ProbeOutcome } from './job.ts';
import { parseFail, parseProbed } from './messages.ts';
import { BROKEN, LOAD_GRACE_MS, type LimitStop, type Talk, type TalkStep } from './talk.ts';

/** Milliseconds of one `probe`. Source: sandbox.md 8. */
export const PROBE_MS = 250;
/** The runner's own clock stops a probe first, where it can. */
const PROBE_GRACE_MS = 100;

type Step = TalkStep<ProbeOutcome>;

const none = (reason: string): ProbeOutcome => ({ kind: 'none', reason });
const atLimit = ({ limit, allowed }: LimitStop): ProbeOutcome => none(`stopped at its limit of ${limit}: ${allowed}`);

function toOutcome(fail: FailMessage, errorText: number): ProbeOutcome {
  switch (fail.kind) {
    case 'failed':
      return none(toSafeText(`${fail.name}: ${fail.message}`, errorText));
    case 'stopped':
      return atLimit(fail);
    case 'skipped':
    case 'rejected':
    case 'suspended':
      return none(toSafeText(fail.reason, errorText));
    default:
      return assertNever(fail);
  }
}

/**
 * Begin a probe's talk.
 *
 * @param job - The probe.
 * @param jobId - Its id on this runner.
 */
export function makeProbeTalk({ limits }: Pick<ProbeJob, 'limits'>, jobId: number): Talk<ProbeOutcome> {
  let isStarted = false;

  function onFail(payload: Buffer): Step {
    const fail = parseFail(payload);
    if (fail === null) return BROKEN;
    return { kind: 'end', outcome: toOutcome(fail, limits.errorText), isClean: fail.kind !== 'stopped' };
  }

  function onProbed(payload: Buffer): Step {
    const answer = parseProbed(payload);
    if (answer === null) return BROKEN;
    const outcome = answer.kind === 'none' ? none(toSafeText(answer.reason, limits.errorText)) : answer;
    return { kind: 'end', outcome, isClean: true };
  }

  function onFrame({ type, job, payload }: Frame): Step {
    if (job !== jobId) return BROKEN;
    if (type === FRAME_OUT.fail) return onFail(payload);
    if (type === FRAME_OUT.started && !isStarted) {
      isStarted = true;
      return { kind: 'started' };
    }
    return type === FRAME_OUT.probed && isStarted ? onProbed(payload) : BROKEN;
  }

  return {
    onFrame,
    hasEffects: () => false,
    deadlines: {
      load: { ms: limits.load, graceMs: LOAD_GRACE_MS },
      run: { ms: PROBE_MS, graceMs: PROBE_GRACE_MS },
    },
    stopped: atLimit,
    crashed: (signal) => none(`the runner ended: ${signal}`),
    changed: none,
  };
}
