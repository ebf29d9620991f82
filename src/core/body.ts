// The bytes of one file on their way through the rooms: small ones in memory, large ones in a file of the store.

/** Bytes up to this size stay in memory and in the database; more go to a file. Source: queue.md 1, measured. */
export const INLINE_BODY_BYTES = 128 * 1024;

/** Files that may come with another one. Source: sandbox.md 8. */
export const MAX_COMPANIONS = 64;

/** Bytes of one file. `file`: `path` belongs to the store; whoever holds the body may read it, nobody else writes it. */
export type Body =
  | { readonly kind: 'inline'; readonly bytes: Uint8Array }
  | { readonly kind: 'file'; readonly path: string; readonly size: number };

/** A file that belongs to another one, e.g. one of several that make up a report. */
export type Companion = { readonly name: string; readonly body: Body; readonly sha256: string };

/**
 * Bytes of a body.
 *
 * @param body - Either kind.
 */
export function bodySize(body: Body): number {
  return body.kind === 'inline' ? body.bytes.byteLength : body.size;
}
