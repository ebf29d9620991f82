// What a converter threw, read once, without trusting it.

import { BadInput, RetryLater, SkipFile } from './errors.ts';
import type { GuestEnd, GuestJob } from './host.ts';

type Limits = GuestJob['limits'];

function readText(value: object, key: 'name' | 'message' | 'stack', longest: number): string {
  try {
    const text: unknown = Reflect.get(value, key);
    return typeof text === 'string' ? text.slice(0, longest) : '';
  } catch {
    // A getter that throws has nothing to say.
    return '';
  }
}

function cut(text: unknown, longest: number): string {
  return typeof text === 'string' ? text.slice(0, longest) : '';
}

function toPlace(value: unknown): number | null {
  return Number.isSafeInteger(value) && Number(value) >= 1 ? Number(value) : null;
}

/** The ends that a converter asks for by name, or null. */
function readKnown(thrown: unknown, { errorText }: Limits): GuestEnd | null {
  const bad = BadInput.read(thrown);
  if (bad !== null) {
    return {
      kind: 'rejected',
      reason: cut(bad.reason, errorText),
      line: toPlace(bad.line),
      column: toPlace(bad.column),
    };
  }
  const skip = SkipFile.read(thrown);
  if (skip !== null) return { kind: 'skipped', reason: cut(skip.reason, errorText) };
  const retry = RetryLater.read(thrown);
  if (retry === null) return null;
  const afterMs = typeof retry.afterMs === 'number' && Number.isFinite(retry.afterMs) ? retry.afterMs : null;
  return { kind: 'suspended', reason: cut(retry.reason, errorText), afterMs };
}

/**
 * Turn anything thrown into the end of a conversion.
 *
 * @param thrown - Anything: perhaps no error, perhaps with getters that throw.
 * @param limits - Lengths of its texts, in UTF-16 units.
 */
export function describeError(thrown: unknown, limits: Limits): GuestEnd {
  const known = readKnown(thrown, limits);
  if (known !== null) return known;
  if ((typeof thrown !== 'object' && typeof thrown !== 'function') || thrown === null) {
    const text = typeof thrown === 'symbol' ? 'a symbol' : `${typeof thrown} ${String(thrown)}`;
    return { kind: 'failed', name: 'Error', message: cut(`threw ${text}`, limits.errorText), stack: '' };
  }
  return {
    kind: 'failed',
    name: readText(thrown, 'name', 100) || 'Error',
    message: readText(thrown, 'message', limits.errorText),
    stack: readText(thrown, 'stack', limits.errorStack),
  };
}
