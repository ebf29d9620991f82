// Answers key/list.

import type { KeyStore, KeyView } from '../link/key-store.ts';
import type { Handler } from '../protocol/handler.ts';
import type { keyList } from '../protocol/methods/key-list.ts';

/**
 * The moment of an expiry as the wire has it.
 *
 * @param key - Any key.
 */
export function expiryOf({ expiresUnixMs }: Pick<KeyView, 'expiresUnixMs'>): string | null {
  return expiresUnixMs === null ? null : new Date(expiresUnixMs).toISOString();
}

/** Never says where a file lies, nor what it holds. */
export const handleKeyList: Handler<typeof keyList, { keys: Pick<KeyStore, 'list'> }> = async (
  { keys },
  _params,
  { caller },
) => ({
  items: keys.list().map((key) => ({
    kid: key.kid,
    scopes: [...key.scopes],
    label: key.label,
    createdAt: key.created,
    expiresAt: expiryOf(key),
    own: key.kid === caller.kid,
  })),
});
