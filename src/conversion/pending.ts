// Why a converter that passed the gate does not run yet, and what ends that.

import type { PendingConverter } from './registered.ts';

type Pending = PendingConverter['pending'];

/**
 * Nobody approved the folder.
 *
 * @param origin - Name of the folder in `converters.folders`.
 */
export function waitsForApproval(origin: string): Pending {
  return {
    message: 'nobody has approved it',
    action: `set converters.folders.${origin}.approve to "auto" (development only), or remove it`,
  };
}

/**
 * The folder is to be trusted, and others may write to it.
 *
 * @param origin - As above.
 */
export function waitsForPrivacy(origin: string): Pending {
  return {
    message: `approve "auto" is not followed: others may write to the folder "${origin}"`,
    action: `take that right away from them (chmod -R go-w on the folder of converters.folders.${origin}), then restart`,
  };
}
