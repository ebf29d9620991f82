// What callers may ask of conversion: convert a file without keeping it, and tell who would take a file.

import { assertNever } from '../core/assert-never.ts';
import type { KeyId } from '../core/ids.ts';
import type { Pool } from '../sandbox/job.ts';
import { type CallConfig, type CallInput, type CallResult, convertForCall } from './calls.ts';
import { makeCallSeats } from './call-seats.ts';
import { type Chooser, type ChooserDeps, type Consideration, makeChooser } from './chooser.ts';
import type { ConvertDeps } from './convert-one.ts';
import { confidenceOf, explainAnswer } from './decide.ts';

/** The beginning of a file; `size` is that of the whole, `head` its first 64 KiB at most, `kid` the key that asks. */
export type ProbeInput = {
  readonly kid: KeyId;
  readonly name: string;
  readonly size: number;
  readonly head: Uint8Array;
};

/** One converter that matches. `confidence` null: it has no say. */
export type ProbeCandidate = {
  readonly name: string;
  readonly version: string;
  readonly confidence: number | null;
  readonly reason: string;
};

/** Who would take a file. `reason`: why nobody, or with how little certainty; null = nothing to say. */
export type ProbeResult = {
  readonly choice: 'converter' | 'canonical' | 'refused' | 'waiting';
  readonly converter: string | null;
  readonly reason: string | null;
  /** The surest first. */
  readonly candidates: readonly ProbeCandidate[];
};

/** What the methods `report/convert` and `converter/probe` do. */
export type ConversionCalls = {
  /** @throws as {@link convertForCall}; queue_full, reason `waiting`, when too many callers wait. */
  readonly convert: (input: CallInput, options: { readonly signal: AbortSignal }) => Promise<CallResult>;
  /** @throws as {@link Chooser}; queue_full, reason `waiting`, when too many callers wait. */
  readonly probe: (input: ProbeInput, options: { readonly signal: AbortSignal }) => Promise<ProbeResult>;
};

type Choosing = Pick<ProbeResult, 'choice' | 'converter' | 'reason'>;

function toChoosing({ choice }: Consideration): Choosing {
  switch (choice.kind) {
    case 'converter':
      return { choice: 'converter', converter: choice.converter.name, reason: choice.warning };
    case 'canonical':
      return { choice: 'canonical', converter: null, reason: 'a canonical report needs no converter' };
    case 'refused':
      return { choice: 'refused', converter: null, reason: choice.reason };
    case 'waiting':
      return { choice: 'waiting', converter: null, reason: choice.message };
    default:
      return assertNever(choice);
  }
}

function toCandidates({ opinions, pending }: Consideration): readonly ProbeCandidate[] {
  const asked = opinions.map(({ converter, answer }): ProbeCandidate => {
    const { name, checked } = converter;
    const confidence = answer.kind === 'not_asked' ? null : confidenceOf(answer);
    return { name, version: checked.manifest.version, confidence, reason: explainAnswer(answer) };
  });
  const unapproved = pending.map(({ converter: { name, checked } }): ProbeCandidate => {
    return { name, version: checked.manifest.version, confidence: null, reason: 'not asked: nobody has approved it' };
  });
  return [...asked.sort((left, right) => (right.confidence ?? -1) - (left.confidence ?? -1)), ...unapproved];
}

/**
 * Tell who would take a file, without converting it.
 *
 * @param chooser - As conversions use it.
 * @param input - The beginning of the file.
 */
async function probeFile(
  chooser: Chooser,
  input: ProbeInput,
  { signal }: { readonly signal: AbortSignal },
): Promise<ProbeResult> {
  const consideration = await chooser.choose({ ...input, wanted: null }, { signal });
  return { ...toChoosing(consideration), candidates: toCandidates(consideration) };
}

/**
 * Open the way for callers. It holds nothing.
 *
 * @param deps - Registry, pool, clock; all borrowed.
 * @param config - As conversions follow it.
 */
export function openConversionCalls(
  deps: ChooserDeps & ConvertDeps & { readonly pool: Pick<Pool, 'convert' | 'probe' | 'runners' | 'walls'> },
  config: CallConfig,
): ConversionCalls {
  const chooser = makeChooser(deps, config);
  const seats = makeCallSeats(deps.pool.runners().size);
  return {
    convert: async (input, { signal }) => {
      using _seat = await seats.take(input.kid, { signal });
      return await convertForCall({ ...deps, chooser }, input, { config, signal });
    },
    probe: async (input, { signal }) => {
      using _seat = await seats.take(input.kid, { signal });
      return await probeFile(chooser, input, { signal });
    },
  };
}
