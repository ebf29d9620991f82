// Answers key/create.

import { toKeyId } from '../core/ids.ts';
import type { KeyStore } from '../link/key-store.ts';
import type { Handler } from '../protocol/handler.ts';
import type { keyCreate } from '../protocol/methods/key-create.ts';

/** @throws {AirlockError} invalid_params, conflict, request_failed, unavailable. */
export const handleKeyCreate: Handler<typeof keyCreate, { keys: Pick<KeyStore, 'create'> }> = async (
  { keys },
  { kid, scopes, label = null },
  context,
) => {
  context.decide();
  const key = await keys.create({ kid: toKeyId(kid), scopes, label });
  context.log.info({ key: kid, scopes }, 'a key is made');
  return { kid: key.kid, scopes: [...key.scopes], label: key.label, createdAt: key.created, path: key.path };
};
