// How far one call is, as `$/progress` tells it. Source: protocol.md 7.

import type { Clock } from '../core/clock.ts';
import type { ProgressPort } from '../protocol/handler.ts';
import type { JsonObject } from '../link/json-body.ts';

/** What {@link makeProgress} needs. */
export type ProgressDeps = {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** Send a notification. */
  readonly notify: (method: string, params: unknown) => void;
};

/** What is told, in words and in parts of a hundred. */
type Told = Parameters<ProgressPort>[0];

/** The progress of one call: `begin` with its first chunk or word, `report` as more come, `end` just before its answer. */
export type CallProgress = {
  /** So many bytes of payload came. */
  readonly received: (bytes: number) => void;
  /** The method says how far it is. */
  readonly report: ProgressPort;
  /** The call is about to be answered. Says nothing when nothing had begun, and nothing comes after it: code may run on. */
  readonly end: () => void;
};

/** With `begin` and `end` at most 10 in any second; what comes between two reports is in the next one. */
const REPORT_EVERY_MS = 125;

/** Of a call that says nothing, or nothing more. */
export const SILENT: CallProgress = { received: () => undefined, report: () => undefined, end: () => undefined };

/** Bytes of all streams of a call, where its params tell: `size` is that of the main file alone. */
function totalBytes({ size, stream, companions }: JsonObject): number | null {
  const isAll = companions === undefined && typeof stream === 'number';
  return isAll && typeof size === 'number' && size > 0 ? size : null;
}

/**
 * Make the progress of a call.
 *
 * @param params - Params as they came; without a usable `workDoneToken` nothing is told.
 */
export function makeProgress({ clock, notify }: ProgressDeps, params: JsonObject): CallProgress {
  const { workDoneToken: token } = params;
  if (typeof token !== 'string' && typeof token !== 'number') return SILENT;
  const total = totalBytes(params);
  let bytes = 0;
  let lastMs: number | null = null;
  let isOver = false;
  let toWords: () => Told = () => ({ message: '' });

  function toldOfBytes(): Told {
    if (total === null) return { message: `${bytes} bytes received` };
    const percentage = Math.min(100, Math.floor((bytes * 100) / total));
    return { message: `${bytes} of ${total} bytes received`, percentage };
  }

  const tell = (kind: 'begin' | 'report' | 'end'): void =>
    notify('$/progress', { token, value: { kind, ...toWords() } });

  function next(words: () => Told): void {
    if (isOver) return;
    toWords = words;
    const nowMs = clock.monotonicMs();
    if (lastMs !== null && nowMs - lastMs < REPORT_EVERY_MS) return;
    tell(lastMs === null ? 'begin' : 'report');
    lastMs = nowMs;
  }

  return {
    received: (more) => {
      bytes += more;
      next(toldOfBytes);
    },
    report: (told) => next(() => told),
    end: () => {
      if (lastMs !== null && !isOver) tell('end');
      isOver = true;
    },
  };
}
