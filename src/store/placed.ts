// A submission on its way to the store's thread: small bodies as bytes, large ones as files that have their final name.

import type { AcceptInput } from './submission-types.ts';

/** A body that can be committed. */
export type PlacedBody = { readonly kind: 'inline'; readonly bytes: Uint8Array };

/** What the thread takes in. */
export type PlacedInput = Omit<AcceptInput, 'body' | 'companions'> & {
  readonly body: PlacedBody;
  readonly companions: readonly { readonly name: string; readonly body: PlacedBody }[];
};
