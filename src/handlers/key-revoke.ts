// Answers key/revoke.

import { toKeyId } from '../core/ids.ts';
import type { KeyStore } from '../link/key-store.ts';
import type { Handler } from '../protocol/handler.ts';
import type { keyRevoke } from '../protocol/methods/key-revoke.ts';

/** @throws {AirlockError} not_found, request_failed, unavailable. */
export const handleKeyRevoke: Handler<typeof keyRevoke, { keys: Pick<KeyStore, 'revoke'> }> = async (
  { keys },
  { kid, force },
  context,
) => {
  // Order: before the key is void, so that a caller who revokes its own key still gets its answer.
  context.decide();
  const { connections } = await keys.revoke(toKeyId(kid), { caller: context.caller.kid, isForced: force });
  context.log.info({ key: kid, connections }, 'a key is revoked');
  return { kid, connections };
};
