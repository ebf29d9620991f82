// A converter brought to its default export in a prepared realm, within the limit for its top level.

import { assertNever } from '../core/assert-never.ts';
import type { FailMessage, LoadMessage } from '../sandbox/channel.ts';
import { LinkRefusal, linkConverter } from './converter-modules.ts';
import { callGuest, type GuestValue, type Isolate } from './isolate.ts';
import { type IsolateFailure, toIsolateFailure } from './isolate-failure.ts';
import { OWN_CODE_MS, type Realm } from './realm.ts';

/** Where a converter loads. */
export type LoadDeps = {
  readonly isolate: Isolate;
  readonly realm: Realm;
  /** Monotonic milliseconds. */
  readonly monotonicMs: () => number;
};

/** A default export, unchecked, or why there is none. */
export type Loading = { readonly kind: 'loaded'; readonly definition: GuestValue } | FailMessage;

/**
 * Name the end that a failure of isolated-vm means.
 *
 * @param failure - What was thrown.
 * @param stopped - The end if it was a time limit.
 * @param heapBytes - Limit of the isolate's heap.
 */
export function toFail(failure: IsolateFailure, stopped: FailMessage, heapBytes: number): FailMessage {
  switch (failure.kind) {
    case 'timeout':
      return stopped;
    case 'heap':
      return { kind: 'stopped', limit: 'heap', used: heapBytes, allowed: heapBytes };
    case 'thrown':
      return { ...failure, kind: 'failed' };
    default:
      return assertNever(failure);
  }
}

/**
 * Set time and chance of the realm, link the converter's modules and run their top level.
 *
 * @param deps - A realm that nothing has run in.
 * @param files - The converter.
 * @param options - `loadMs`: limit of the top level; `nowUnixMs` and `seed` as the job says.
 * @throws what neither isolated-vm nor the guest is known to throw: then the runner must die.
 */
export function loadConverter(
  { isolate, realm, monotonicMs }: LoadDeps,
  files: LoadMessage,
  options: { readonly loadMs: number; readonly nowUnixMs: number; readonly seed: number },
): Loading {
  const { loadMs } = options;
  callGuest(realm.configure, [options.nowUnixMs, options.seed], { timeoutMs: OWN_CODE_MS });
  const begunMs = monotonicMs();
  try {
    const converter = linkConverter({ isolate, realm }, files);
    const definition = converter.evaluate({ timeoutMs: loadMs - (monotonicMs() - begunMs) });
    return { kind: 'loaded', definition };
  } catch (error) {
    if (error instanceof LinkRefusal) return { kind: 'failed', name: error.name, message: error.message, stack: '' };
    const stopped: FailMessage = { kind: 'stopped', limit: 'load', used: monotonicMs() - begunMs, allowed: loadMs };
    return toFail(toIsolateFailure(error), stopped, files.heapBytes);
  }
}
