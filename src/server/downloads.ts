// Results that are too large for a frame: sent in chunks as the peer grants credit. Source: protocol.md 8.

import { createHash } from 'node:crypto';
import type { Clock } from '../core/clock.ts';
import type { Chunk } from '../link/framing.ts';
import type { RpcId } from '../link/json-rpc.ts';
import { WIRE_LIMITS } from '../protocol/limits.ts';

/** What the call is answered with in place of its result. */
export type DownloadHeader = { readonly stream: number; readonly bytes: number; readonly sha256: string };

/** What {@link makeDownloads} needs. */
export type DownloadsDeps = {
  readonly clock: Pick<Clock, 'after'>;
  readonly send: (chunk: Chunk) => void;
  /** May more be sent now? When not, `pump` is called once it may. */
  readonly isFlowing: () => boolean;
};

/** The results on their way to one peer. Disposal: the peer is gone. */
export type Downloads = Disposable & {
  /** Results that are not sent whole. */
  readonly size: () => number;
  /**
   * Hold a result until the peer has taken it, broken its call off, or granted nothing for 30 s.
   *
   * @param call - Id of the call that it answers.
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

type Download = { readonly id: number; readonly call: RpcId; readonly body: Buffer; sent: number; credit: number };

/** Source: own choice; a peer that wants its answer grants its first credit with the answer. */
const STALL_MS = 30_000;

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
export function makeDownloads({ clock, send, isFlowing }: DownloadsDeps): Downloads {
  const open = new Map<number, Download & { timer: Disposable }>();
  let lastId = 0;
  let idle = Promise.withResolvers<void>();
  idle.resolve();

  function close(id: number): void {
    open.get(id)?.timer[Symbol.dispose]();
    open.delete(id);
    if (open.size === 0) idle.resolve();
  }

  function abort(id: number, reason: string): void {
    if (!open.has(id)) return;
    send({ streamId: id, mark: 'abort', payload: Buffer.from(reason) });
    close(id);
  }

  const startTimer = (id: number): Disposable =>
    clock.after(STALL_MS, () => abort(id, `no credit came for ${STALL_MS} ms`));

  function push(download: Download): void {
    if (sendSome({ send, isFlowing }, download)) close(download.id);
  }

  function credit(stream: unknown, bytes: unknown): void {
    const download = typeof stream === 'number' ? open.get(stream) : undefined;
    if (download === undefined || typeof bytes !== 'number' || !Number.isSafeInteger(bytes) || bytes < 1) return;
    download.credit = Math.min(download.credit + bytes, download.body.length);
    download.timer[Symbol.dispose]();
    download.timer = startTimer(download.id);
    push(download);
  }

  return {
    size: () => open.size,
    open: (call, body) => {
      if (open.size === 0) idle = Promise.withResolvers();
      const id = (lastId += 2);
      open.set(id, { id, call, body, sent: 0, credit: 0, timer: startTimer(id) });
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
