// What the streams of a submission cost of its rate, beside the call itself. Source: protocol.md 5.

import type { KeyId } from '../core/ids.ts';
import { rateClassOf } from './admission.ts';
import type { ConnectionDeps } from './deps.ts';

const MIB = 1024 * 1024;

/**
 * Charge one token of `submit` for each whole MiB that is streamed; calls of another class cost nothing more.
 *
 * @param deps - The methods, and the buckets of all keys.
 * @param call - Whose tokens, and which method.
 * @returns Takes the bytes as they come, at most a MiB at once.
 */
export function makeStreamCharge(
  deps: Pick<ConnectionDeps, 'methods' | 'rate'>,
  { kid, method }: { readonly kid: KeyId; readonly method: string },
): (bytes: number) => void {
  const isCharged = rateClassOf(deps, method) === 'submit';
  let uncharged = 0;
  return (bytes) => {
    uncharged += bytes;
    if (uncharged < MIB) return;
    uncharged -= MIB;
    if (isCharged) deps.rate.spend(kid, 'submit', 1);
  };
}
