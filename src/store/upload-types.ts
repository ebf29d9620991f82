// What the store says about bytes that arrive: room for them, the place they are written to, and what became of them.

import type { KeyId } from '../core/ids.ts';

/** Why nothing is taken in now. `disk` = too little free space; `store_failed` = a write did not reach the disk. */
export type QueueFullReason = 'count' | 'bytes' | 'disk' | 'store_failed';

/** Not now. `retryAfterMs` is at least 1. */
export type QueueFull = {
  readonly kind: 'queue_full';
  readonly reason: QueueFullReason;
  readonly retryAfterMs: number;
};

/** Never: more than `limit` bytes. */
export type TooLarge = { readonly kind: 'too_large'; readonly limit: number };

/** All bytes of an upload, on the disk. */
export type ReceivedBody = {
  readonly kind: 'received';
  readonly size: number;
  /** Lower-case hex. */
  readonly sha256: string;
  /** The file, to be read while the upload is not disposed. */
  readonly path: string;
  readonly uploadId: string;
};

/** Bytes as they are handed to `accept`. Inline ones: at most `INLINE_BODY_BYTES`. */
export type IncomingBody = { readonly kind: 'inline'; readonly bytes: Uint8Array } | ReceivedBody;

/** What an upload is opened with. */
export type UploadInput = {
  readonly kid: KeyId;
  /** Bytes that were announced; null = nobody said. */
  readonly size: number | null;
  readonly maxBytes: number;
  /** False = takes no place in the queue: it goes with another file, or is not to be taken in at all. Default: true. */
  readonly isCounted?: boolean;
};

/** A place for bytes that arrive in pieces. Disposing one that was not accepted removes its file and gives the room back. */
export type Upload = AsyncDisposable & {
  /** Write the next piece; one at a time. After anything but `ok` the upload is over: dispose it. */
  readonly write: (piece: Uint8Array) => Promise<{ readonly kind: 'ok' } | TooLarge | QueueFull>;
  /** All bytes were written: hashed as they came, and on the disk once this resolves. Nothing may be written afterwards. */
  readonly finish: () => Promise<ReceivedBody | QueueFull>;
};

/** How opening an upload can end. */
export type UploadOutcome = { readonly kind: 'opened'; readonly upload: Upload } | TooLarge | QueueFull;
