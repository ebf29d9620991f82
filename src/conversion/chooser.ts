// Chooses the converter of a file: looks at the file, asks the candidates in the sandbox, decides.

import type { SandboxConfig } from '../config/schema/sandbox.ts';
import { assertNever } from '../core/assert-never.ts';
import type { Clock } from '../core/clock.ts';
import type { CheckedConverter } from '../gate/checked.ts';
import type { Pool, ProbeOutcome } from '../sandbox/job.ts';
import {
  type ChoiceInput,
  type FirstLook,
  lookAtFile,
  type Match,
  type PendingMatch,
  type RefusedChoice,
  refuseChoice,
  type WaitingChoice,
  waitForApproval,
} from './choose.ts';
import { overlayLimits, toLoadable } from './conversion-job.ts';
import { decide, type Opinion, type Thresholds } from './decide.ts';
import type { PassedConverter } from './registered.ts';
import type { Registry } from './registry.ts';
import { explainMissingWalls, findMissingWalls } from './required-walls.ts';

/** The choice. `warning`: it was a close thing. */
export type Choice =
  | { readonly kind: 'converter'; readonly converter: PassedConverter; readonly warning: string | null }
  | { readonly kind: 'canonical' }
  | RefusedChoice
  | WaitingChoice;

/** A choice and how it came about. */
export type Consideration = {
  readonly choice: Choice;
  /** Converters that matched, by priority; empty for a name, a canonical file, an unknown format. */
  readonly opinions: readonly Opinion[];
  /** Matching ones that nobody has approved. */
  readonly pending: readonly PendingMatch[];
};

/** Chooses. */
export type Chooser = {
  /**
   * Choose how a file is converted.
   *
   * @throws {AirlockError} unavailable, queue_full or shutting_down when no runner can be asked; rejects with `signal.reason` when aborted.
   */
  readonly choose: (input: ChoiceInput, options: { readonly signal: AbortSignal }) => Promise<Consideration>;
};

/** What choosing needs. */
export type ChooserDeps = {
  readonly registry: Pick<Registry, 'list'>;
  readonly pool: Pick<Pool, 'probe' | 'walls'>;
  readonly clock: Pick<Clock, 'nowUnixMs' | 'monotonicMs'>;
};

/** The part of the configuration that choosing follows. */
export type ChooserConfig = {
  readonly sandbox: Pick<SandboxConfig, 'limits' | 'requireWalls'>;
  readonly converters: Thresholds;
};

/** Candidates that are asked about one file. Source: sandbox.md 8. */
const CANDIDATES_MAX = 8;
/**
 * For all probes of one file that come to nothing, once somebody is sure; those that answer are held by their own 250 ms. While
 * nobody is sure, the next one is asked: what one probe does rejects no file of another's. Source: sandbox.md 8.
 */
const PROBES_MS = 1_000;
/** What one probe can have used of it; the rest was waiting for a runner, which no converter is to blame for. */
const PROBE_MS = 250;

/** Asks one converter; `spent` is what fruitless answers may still take. */
type Ask = (match: Match, spent: { ms: number }) => Promise<Opinion>;

/** What is remembered of converters. */
type Memory = {
  readonly hasNoProbe: WeakSet<CheckedConverter>;
  /** The last probe threw, looped or answered no number. */
  readonly cameToNothing: WeakSet<CheckedConverter>;
};

function makeAsk({ pool, clock }: ChooserDeps, config: ChooserConfig, { hasNoProbe, cameToNothing }: Memory) {
  return (input: ChoiceInput, signal: AbortSignal): Ask => {
    const probe = async ({ converter }: Match, spent: { ms: number }): Promise<ProbeOutcome> => {
      const begunMs = clock.monotonicMs();
      const answer = await pool.probe(
        {
          converter: toLoadable(converter),
          limits: overlayLimits(config.sandbox.limits, converter),
          head: { name: input.name, size: input.size, bytes: input.head },
          nowUnixMs: clock.nowUnixMs(),
          seed: 0,
        },
        { signal },
      );
      if (answer.kind === 'absent') hasNoProbe.add(converter.checked);
      if (answer.kind === 'none') {
        cameToNothing.add(converter.checked);
        spent.ms += Math.min(clock.monotonicMs() - begunMs, PROBE_MS);
      } else cameToNothing.delete(converter.checked);
      return answer;
    };
    return async (match, spent) => {
      const { trust, checked } = match.converter;
      const missing = findMissingWalls(trust, config.sandbox.requireWalls, pool.walls);
      if (missing.length > 0) return { ...match, answer: { kind: 'not_asked', reason: explainMissingWalls(missing) } };
      if (hasNoProbe.has(checked)) return { ...match, answer: { kind: 'absent' } };
      return { ...match, answer: await probe(match, spent) };
    };
  };
}

/** Bundled ones first, and those whose last probe came to nothing last, so that no probe keeps others from their files. */
function orderOf({ converter }: Match, { cameToNothing }: Memory): number {
  if (cameToNothing.has(converter.checked)) return 2;
  return converter.trust === 'bundled' ? 0 : 1;
}

type Asking = { readonly ask: Ask; readonly memory: Memory; readonly thresholds: Thresholds };

function isAnybodySure(opinions: readonly Opinion[], thresholds: Thresholds): boolean {
  if (opinions.length === 0) return false;
  const decision = decide(opinions, thresholds);
  return decision.kind === 'chosen' || decision.because !== 'unsure';
}

/** Opinions in the order of the matches, whatever the order of asking. */
async function askAll(matches: readonly Match[], { ask, memory, thresholds }: Asking): Promise<readonly Opinion[]> {
  const spent = { ms: 0 };
  const opinions = new Map<Match, Opinion>();
  const notAsked = (match: Match, reason: string): Opinion => ({ ...match, answer: { kind: 'not_asked', reason } });
  const order = matches.toSorted((left, right) => orderOf(left, memory) - orderOf(right, memory));
  // One after the other: a file must not take all runners at once.
  for (const match of order.slice(0, CANDIDATES_MAX)) {
    const isLate = spent.ms >= PROBES_MS && isAnybodySure([...opinions.values()], thresholds);
    opinions.set(match, isLate ? notAsked(match, 'other probes took too long') : await ask(match, spent));
  }
  const reason = `only ${CANDIDATES_MAX} converters are asked about one file`;
  return matches.map((match) => opinions.get(match) ?? notAsked(match, reason));
}

type Matching = Extract<FirstLook, { kind: 'matching' }>;

function toChoice(
  { pending }: Matching,
  opinions: readonly Opinion[],
  { sandbox, converters }: ChooserConfig,
  walls: Pool['walls'],
): Choice {
  const decision = opinions.length === 0 ? null : decide(opinions, converters);
  if (decision?.kind === 'chosen') {
    return { kind: 'converter', converter: decision.opinion.converter, warning: decision.warning };
  }
  // Nobody who may run is sure, so those who may not run yet get their say: the file waits for the wall, or for the approval.
  const isWaiting = decision === null || decision.because === 'unsure';
  const walled = opinions.find(
    ({ converter }) => findMissingWalls(converter.trust, sandbox.requireWalls, walls).length > 0,
  );
  if (isWaiting && walled !== undefined) return { kind: 'converter', converter: walled.converter, warning: null };
  if (isWaiting && pending.length > 0) return waitForApproval(pending.map(({ converter }) => converter));
  const names = opinions.map(({ converter }) => converter.name);
  return refuseChoice(decision?.reason ?? 'no converter may be asked', names);
}

/**
 * Make a chooser. It remembers which converters have no probe, so that they are asked once, and whose probe came to nothing, so that
 * they are asked last.
 *
 * @param deps - Registry, pool, clock; all borrowed.
 * @param config - Thresholds, limits, walls.
 */
export function makeChooser(deps: ChooserDeps, config: ChooserConfig): Chooser {
  const memory: Memory = { hasNoProbe: new WeakSet(), cameToNothing: new WeakSet() };
  const ask = makeAsk(deps, config, memory);
  return {
    choose: async (input, { signal }) => {
      const look = lookAtFile(deps.registry.list(), input);
      const nobody = { opinions: [], pending: [] };
      switch (look.kind) {
        case 'named':
          return { choice: { kind: 'converter', converter: look.converter, warning: null }, ...nobody };
        case 'canonical':
        case 'refused':
        case 'waiting':
          return { choice: look, ...nobody };
        case 'matching': {
          const asking = { ask: ask(input, signal), memory, thresholds: config.converters };
          const opinions = await askAll(look.approved, asking);
          return { choice: toChoice(look, opinions, config, deps.pool.walls), opinions, pending: look.pending };
        }
        default:
          return assertNever(look);
      }
    },
  };
}
