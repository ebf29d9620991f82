// Why a converter that passed the gate does not run yet, in the words that every view shows.

import type { PendingConverter } from './registered.ts';

/** What holds it up, and what ends that. */
export type PendingWords = { readonly message: string; readonly action: string };

/** In words, the same wherever it is shown. */
export function explainPending({ origin, because }: Pick<PendingConverter, 'origin' | 'because'>): PendingWords {
  switch (because) {
    case 'manual':
      return {
        message: 'nobody has approved it',
        action: `set converters.folders.${origin}.approve to "auto" (development only), or remove it`,
      };
    case 'shared_folder':
      return {
        message: `approve "auto" is not followed: others may write to the folder "${origin}"`,
        action: `take that right away from them (chmod -R go-w on the folder of converters.folders.${origin}), then restart`,
      };
    default:
      return because satisfies never;
  }
}
