// How long a call waits for the bytes of its stream. What nobody sends holds room that others could use.

import type { Clock } from '../core/clock.ts';
import { AirlockError } from '../core/errors.ts';
import type { UploadStream } from '../protocol/handler.ts';

/** Bytes that a stream with an announced size brings at least within {@link ANNOUNCED_MS}: all of its room is taken from the start. */
export const ANNOUNCED_BYTES = 64 * 1024;
/** See {@link ANNOUNCED_BYTES}. Milliseconds. */
export const ANNOUNCED_MS = 30_000;
/** A stream without one takes room as its bytes come, and brings at least one byte within so many milliseconds. */
export const UNANNOUNCED_MS = 60_000;

// A daemon that was stopped for a while (SIGSTOP, a sleeping machine) counts no more than this of it: the bytes may be waiting already.
const TICK_MS = 1_000;

/** The stream: its file's name, and the bytes that were announced; null = nobody said. */
export type PatienceOptions = { readonly name: string; readonly size: number | null };

function stalled({ name }: PatienceOptions, bytes: number, waitMs: number): AirlockError {
  const message = `Cannot take "${name}": ${bytes} bytes came in ${waitMs} ms of waiting`;
  return new AirlockError('request_failed', message, { data: { reason: 'stalled' } });
}

/**
 * The same stream, given up once it stalls. Only the time that is spent waiting for it counts: neither that of a slow disk, nor
 * that before the first `read`. The end of the stream is as good as bytes.
 *
 * @param clock - Monotonic, with timers.
 * @param stream - Read by nobody else.
 * @returns A stream whose `read` also throws {AirlockError} request_failed (`stalled`).
 */
export function withPatience(
  clock: Pick<Clock, 'after' | 'monotonicMs'>,
  stream: UploadStream,
  options: PatienceOptions,
): UploadStream {
  const isAnnounced = options.size !== null;
  const [wantedBytes, waitMs] = isAnnounced ? [ANNOUNCED_BYTES, ANNOUNCED_MS] : [1, UNANNOUNCED_MS];
  let bytes = 0;
  let waitedMs = 0;

  async function read(): Promise<Uint8Array | null> {
    const reading = stream.read();
    // Race: it may fail after it was given up.
    reading.catch(() => undefined);
    const late = Promise.withResolvers<never>();
    let begunMs = clock.monotonicMs();
    const count = (): void => {
      const nowMs = clock.monotonicMs();
      waitedMs += Math.min(TICK_MS, nowMs - begunMs);
      begunMs = nowMs;
    };
    const tick = (): Disposable =>
      clock.after(Math.min(TICK_MS, waitMs - waitedMs), () => {
        count();
        if (waitedMs >= waitMs) late.reject(stalled(options, bytes, waitMs));
        else timer = tick();
      });
    let timer = tick();
    const piece = await Promise.race([reading, late.promise]).finally(() => timer[Symbol.dispose]());
    count();
    bytes += piece?.byteLength ?? 0;
    if (bytes >= wantedBytes) [bytes, waitedMs] = [0, 0];
    return piece;
  }

  return { read };
}
