// Answers key/rotate.

import { toKeyId } from '../core/ids.ts';
import type { KeyStore } from '../link/key-store.ts';
import type { Handler } from '../protocol/handler.ts';
import type { keyRotate } from '../protocol/methods/key-rotate.ts';
import { expiryOf } from './key-list.ts';

/** @throws {AirlockError} not_found, invalid_params, request_failed, unavailable. */
export const handleKeyRotate: Handler<typeof keyRotate, { keys: Pick<KeyStore, 'rotate'> }> = async (
  { keys },
  { kid, keepMs },
  context,
) => {
  // Order: before the old secret is void, so that a caller who rotates its own key still gets its answer.
  context.decide();
  const { key, previous, connections } = await keys.rotate(toKeyId(kid), { keepMs });
  context.log.info({ key: kid, newKey: key.kid, connections }, 'a key is rotated');
  return {
    kid: key.kid,
    path: key.path,
    previous: previous === null ? null : { kid: previous.kid, expiresAt: expiryOf(previous) },
    connections,
  };
};
