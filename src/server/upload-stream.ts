// One stream that a peer sends: what arrived and was not taken yet, and the credit it gets for what was taken. Source: protocol.md 8.

import type { Chunk } from '../link/framing.ts';
import type { UploadStream } from '../protocol/handler.ts';
import { makePieceQueue } from './piece-queue.ts';

/** Bytes that a peer may send ahead of the one who takes them, in payload. Source: protocol.md 8. */
export const WINDOW_BYTES = 1024 * 1024;

/** A stream on its way in. */
export type IncomingStream = {
  readonly stream: UploadStream;
  /** False once END came or it failed: what still comes is dropped. */
  readonly isOpen: () => boolean;
  /**
   * Take a chunk in.
   *
   * @returns false when it holds more than the credit.
   */
  readonly receive: (chunk: Chunk) => boolean;
  /** No byte will come any more, and whoever reads is told why. What was kept is forgotten. */
  readonly fail: (reason: unknown) => void;
};

/**
 * Make a stream. It has no credit before it is read for the first time.
 *
 * @param grant - Tell the peer that it may send so many bytes more.
 */
export function makeIncomingStream(grant: (bytes: number) => void): IncomingStream {
  const pieces = makePieceQueue();
  let creditBytes = 0;
  let takenBytes = 0;
  let lastRead: number | null = null;
  let state: { readonly kind: 'open' | 'ended' } | { readonly kind: 'failed'; readonly reason: unknown } = {
    kind: 'open',
  };
  let changed = Promise.withResolvers<void>();

  function wake(): void {
    changed.resolve();
    changed = Promise.withResolvers();
  }

  function give(bytes: number): void {
    creditBytes += bytes;
    takenBytes = 0;
    grant(bytes);
  }

  /** Asking for more says that what was read before is done with. */
  function settleCredit(): void {
    if (state.kind !== 'open') return;
    if (lastRead === null) return give(WINDOW_BYTES);
    takenBytes += lastRead;
    if (takenBytes >= WINDOW_BYTES / 2) give(takenBytes);
  }

  async function read(): Promise<Uint8Array | null> {
    settleCredit();
    lastRead = 0;
    for (;;) {
      if (state.kind === 'failed') throw state.reason;
      if (pieces.length() > 0) break;
      if (state.kind === 'ended') return null;
      await changed.promise;
    }
    const piece = pieces.take();
    lastRead = piece.length;
    return piece;
  }

  function receive({ payload, mark }: Chunk): boolean {
    if (state.kind !== 'open') return true;
    if (payload.length > creditBytes) return false;
    creditBytes -= payload.length;
    if (payload.length > 0) pieces.push(payload);
    if (mark === 'end') state = { kind: 'ended' };
    wake();
    return true;
  }

  return {
    stream: { read },
    isOpen: () => state.kind === 'open',
    receive,
    fail: (reason) => {
      if (state.kind === 'failed') return;
      state = { kind: 'failed', reason };
      pieces.clear();
      wake();
    },
  };
}
