// One question to a converter: how sure is it that a file is its own?

import type { GuestHead } from '../guest/host.ts';
import {
  cutToBytes,
  ERROR_FIELD_BYTES,
  type FailMessage,
  type LoadMessage,
  type ProbedMessage,
  type ProbeMessage,
} from '../sandbox/channel.ts';
import { makeDecoder } from './decode.ts';
import { callGuest } from './isolate.ts';
import { toIsolateFailure } from './isolate-failure.ts';
import { type LoadDeps, loadConverter, toFail } from './load-converter.ts';

/** How a probe ended inside the runner. */
export type ProbeEnd = { readonly kind: 'probed'; readonly answer: ProbedMessage } | FailMessage;

/** What a probe works with: no function of the host. */
export type ProbeDeps = LoadDeps & {
  /** Called when the converter's modules have run and `probe` is about to. */
  readonly onStarted: () => void;
};

function makeHead({ file, head, encoding, limits }: ProbeMessage): string {
  const bytes = Buffer.from(head, 'base64');
  const decoder = makeDecoder({ mode: 'text', encoding, isUtf8: file.isUtf8 });
  return JSON.stringify({
    name: file.name,
    size: file.size,
    // A character that the end of the head cuts in two is left out.
    text: decoder.push(bytes),
    bytes: bytes.toString('latin1'),
    errorText: limits.errorTextBytes,
  } satisfies GuestHead);
}

/** Trust: the text was written inside the wall, by the library if all is well. */
function readAnswer(text: string, { limits }: ProbeMessage): ProbedMessage {
  const answer = JSON.parse(text) as Readonly<Record<string, unknown>>;
  const { kind, value, reason } = answer;
  if (kind === 'absent') return { kind };
  if (kind === 'confidence' && typeof value === 'number') return { kind, value };
  const told = typeof reason === 'string' ? reason : 'its answer is not understood';
  return { kind: 'none', reason: cutToBytes(told, Math.min(limits.errorTextBytes, ERROR_FIELD_BYTES)) };
}

/**
 * Ask a converter. The context is used up afterwards.
 *
 * @param deps - Isolate and a prepared realm.
 * @param probe - What the daemon sent.
 * @param files - The converter, as loaded.
 * @throws what neither isolated-vm nor the guest is known to throw: then the runner must die.
 */
export function runProbe(deps: ProbeDeps, probe: ProbeMessage, files: LoadMessage): ProbeEnd {
  const { nowUnixMs, seed, limits } = probe;
  const loading = loadConverter(deps, files, { loadMs: limits.loadMs, nowUnixMs, seed });
  if (loading.kind !== 'loaded') return loading;
  deps.onStarted();
  const begunMs = deps.monotonicMs();
  try {
    const given = [{ value: loading.definition }, makeHead(probe)];
    const text = callGuest(deps.realm.probe, given, { timeoutMs: limits.probeMs });
    return { kind: 'probed', answer: readAnswer(text, probe) };
  } catch (error) {
    const used = deps.monotonicMs() - begunMs;
    const stopped: FailMessage = { kind: 'stopped', limit: 'cpu', used, allowed: limits.probeMs };
    return toFail(toIsolateFailure(error), stopped, files.heapBytes);
  }
}
