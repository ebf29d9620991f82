// A submission on its way to the store's thread: small bodies as bytes, large ones as files that have their final name.

import type { AcceptInput } from './submission-types.ts';

/** A body that can be committed. `file`: its name below `payload/`, as {@link toPayloadName} makes it. */
export type PlacedBody =
  | { readonly kind: 'inline'; readonly bytes: Uint8Array }
  | { readonly kind: 'file'; readonly file: string; readonly size: number; readonly sha256: string };

/** What the thread takes in. */
export type PlacedInput = Omit<AcceptInput, 'body' | 'companions'> & {
  readonly body: PlacedBody;
  readonly companions: readonly { readonly name: string; readonly body: PlacedBody }[];
  /** Whose room is used up by this. */
  readonly uploadIds: readonly string[];
};

/**
 * Bytes of a placed body.
 *
 * @param body - Either kind.
 */
export function placedSize(body: PlacedBody): number {
  return body.kind === 'inline' ? body.bytes.byteLength : body.size;
}

/**
 * Bytes that a submission brings across the threads: those of its inline bodies.
 *
 * @param input - As placed.
 */
export function inlineBytes({ body, companions }: Pick<PlacedInput, 'body' | 'companions'>): number {
  return [body, ...companions.map((companion) => companion.body)].reduce(
    (sum, each) => sum + (each.kind === 'inline' ? each.bytes.byteLength : 0),
    0,
  );
}

/**
 * Name of an upload's file below `payload/`. What arrives within the same minute shares a folder, so that one flush of it
 * serves all who wait; the 256 folders come round every five hours.
 *
 * @param uploadId - UUID version 7: its first 48 bits are milliseconds.
 */
export function toPayloadName(uploadId: string): string {
  const minute = uploadId.replaceAll('-', '').slice(6, 8);
  return `${minute}/${uploadId}.rep`;
}
