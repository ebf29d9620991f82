// What one call asks of its connection.

import type { OnLate } from './call-table.ts';
import type { UploadSources } from './uploads.ts';

/** One call: what to send, and how to read its result. */
export type Invocation<T> = {
  readonly method: string;
  readonly params: object;
  /**
   * Turn the result into what the caller gets. Runs before any later message of the connection is read.
   *
   * @throws whatever the caller shall get instead.
   */
  readonly accept: (result: unknown) => T;
  /** Bytes to send, by the number that the params name. */
  readonly upload?: UploadSources | undefined;
  /** May the result come as a stream? It is accepted once it is whole. */
  readonly isLarge?: boolean;
  /** Undoes at the server what a result has left there that came after the call was given up. */
  readonly onLate?: OnLate | undefined;
};

/** Options of `Connection.invoke`. */
export type InvokeOptions = {
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Say nothing when the call is given up: before authentication a notification is a fault, and the peer may be an impostor. */
  readonly isSilent?: boolean;
};
