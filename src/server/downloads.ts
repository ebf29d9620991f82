// Results that are too large for a frame: sent in chunks as the peer grants credit. Source: protocol.md 8.

import { createHash } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import type { Chunk } from '../link/framing.ts';
import type { RpcId } from '../link/json-rpc.ts';
import { WIRE_LIMITS } from '../protocol/limits.ts';
import type { HeldBytes } from './held-bytes.ts';

/** What the call is answered with in place of its result. */
export type DownloadHeader = { readonly stream: number; readonly bytes: number; readonly sha256: string };

/** What {@link makeDownloads} needs. */
export type DownloadsDeps = {
  readonly clock: Pick<Clock, 'after' | 'monotonicMs'>;
  /** Shared by all connections. */
  readonly heldBytes: HeldBytes;
  readonly send: (chunk: Chunk) => void;
  /** May more be sent now? When not, `pump` is called once it may. */
  readonly isFlowing: () => boolean;
};

/** The results on their way to one peer. Disposal: the peer is gone. */
export type Downloads = Disposable & {
  /** Results that are not sent whole. */
  readonly size: () => number;
  /**
   * Hold a result until the peer has taken it, broken its call off, or granted nothing for 30 s; at most for 30 s and one more
   * for each MiB from its first credit on.
   *
   * @param call - Id of the call that it answers.
   * @throws {AirlockError} unavailable or too_large when the results of all connections leave no room for it.
   */
  readonly open: (call: RpcId, body: Buffer) => DownloadHeader;
  /** Credit of the peer; what does not fit any stream is ignored, it may have been on its way. */
  readonly credit: (stream: unknown, bytes: unknown) => void;
  /** The peer does not want the result of this call any more. */
  readonly cancel: (call: RpcId) => void;
  /** The daemon cannot wait any longer: break all off, and say so. */
  readonly abortAll: (reason: string) => void;
  readonly pump: () => void;
  /** Resolves as soon as nothing is left to send. */
  readonly idle: () => Promise<void>;
};

type Download = {
  readonly id: number;
  readonly call: RpcId;
  readonly body: Buffer;
  /** Its part of what all connections may hold. */
  readonly held: Disposable;
  readonly timer: FetchTimer;
  sent: number;
  credit: number;
};

/** Source: own choice; a peer that wants its answer grants its first credit with the answer. */
const STALL_MS = 30_000;

/** Source: own choice; a reader on this machine takes hundreds of MiB in a second. */
const SLOWEST_BYTES_PER_SECOND = 1024 * 1024;

/** How long a peer may take to fetch a result. Disposal: it is fetched, or not wanted. */
type FetchTimer = Disposable & { readonly credited: () => void };

function startFetchTimer(
  clock: DownloadsDeps['clock'],
  { bytes, giveUp }: { readonly bytes: number; readonly giveUp: (reason: string) => void },
): FetchTimer {
  const wholeMs = STALL_MS + Math.ceil((bytes * 1000) / SLOWEST_BYTES_PER_SECOND);
  const wait = (): Disposable => clock.after(STALL_MS, () => giveUp(`no credit came for ${STALL_MS} ms`));
  let timer = wait();
  let endMs: number | null = null;
  return {
    // Credit keeps a result, but no longer than a slow reader needs for all of it: else a byte now and then holds it for ever.
    credited: () => {
      const nowMs = clock.monotonicMs();
      endMs ??= nowMs + wholeMs;
      const leftMs = endMs - nowMs;
      timer[Symbol.dispose]();
      timer = leftMs > STALL_MS ? wait() : clock.after(leftMs, () => giveUp(`it was not fetched within ${wholeMs} ms`));
    },
    [Symbol.dispose]: () => timer[Symbol.dispose](),
  };
}

/** @returns Is it sent whole? */
function sendSome({ send, isFlowing }: Pick<DownloadsDeps, 'send' | 'isFlowing'>, download: Download): boolean {
  while (download.credit > 0 && isFlowing()) {
    const size = Math.min(download.credit, download.body.length - download.sent, WIRE_LIMITS.chunkBytes);
    const end = download.sent + size;
    const isLast = end === download.body.length;
    const payload = download.body.subarray(download.sent, end);
    download.sent = end;
    download.credit -= size;
    send({ streamId: download.id, mark: isLast ? 'end' : 'none', payload });
    if (isLast) return true;
  }
  return false;
}

/** Make the downloads of one connection. Their numbers are even and go up. */
export function makeDownloads({ clock, heldBytes, send, isFlowing }: DownloadsDeps): Downloads {
  const open = new Map<number, Download>();
  let lastId = 0;
  let idle = Promise.withResolvers<void>();
  idle.resolve();

  function close(id: number): void {
    const download = open.get(id);
    download?.timer[Symbol.dispose]();
    download?.held[Symbol.dispose]();
    open.delete(id);
    if (open.size === 0) idle.resolve();
  }

  function abort(id: number, reason: string): void {
    if (!open.has(id)) return;
    send({ streamId: id, mark: 'abort', payload: Buffer.from(reason) });
    close(id);
  }

  function push(download: Download): void {
    if (sendSome({ send, isFlowing }, download)) close(download.id);
  }

  function credit(stream: unknown, bytes: unknown): void {
    const download = typeof stream === 'number' ? open.get(stream) : undefined;
    if (download === undefined || typeof bytes !== 'number' || !Number.isSafeInteger(bytes) || bytes < 1) return;
    download.credit = Math.min(download.credit + bytes, download.body.length);
    download.timer.credited();
    push(download);
  }

  return {
    size: () => open.size,
    open: (call, body) => {
      const held = heldBytes.hold(body.length);
      if (open.size === 0) idle = Promise.withResolvers();
      const id = (lastId += 2);
      const timer = startFetchTimer(clock, { bytes: body.length, giveUp: (reason) => abort(id, reason) });
      open.set(id, { id, call, body, held, timer, sent: 0, credit: 0 });
      return { stream: id, bytes: body.length, sha256: createHash('sha256').update(body).digest('hex') };
    },
    credit,
    cancel: (call) => {
      for (const download of open.values()) if (download.call === call) abort(download.id, 'the call was cancelled');
    },
    abortAll: (reason) => {
      for (const id of open.keys()) abort(id, reason);
    },
    pump: () => {
      for (const download of open.values()) push(download);
    },
    idle: () => idle.promise,
    [Symbol.dispose]: () => {
      for (const id of open.keys()) close(id);
    },
  };
}
