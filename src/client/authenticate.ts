// The caller's half of the handshake on a fresh connection. Source: protocol.md 3.

import { AirlockError } from '../core/errors.ts';
import { PRE_AUTH_CAPS } from '../link/framing.ts';
import { answerHello, type IpcKey, makeHello, makeNonce, type RandomBytes } from '../link/handshake.ts';
import { type AuthenticateResult, authenticateResultSchema, type HelloParams } from '../protocol/handshake.ts';
import type { Connection } from './connection.ts';
import type { InvokeOptions } from './invocation.ts';
import { explainVersions } from './versions.ts';

/** Who connects where, as this side knows it by itself. */
export type AuthenticateInput = {
  readonly key: Pick<IpcKey, 'kid' | 'secret'>;
  readonly instance: string;
  readonly endpoint: string;
  readonly client: HelloParams['client'];
};

/** Largest JSON frame that any server may tell; holds until it has told its own, and whatever it tells. So for a chunk. */
const MAX_JSON_FRAME_BYTES = 1024 * 1024;

function acceptSession(result: unknown): AuthenticateResult {
  const parsed = authenticateResultSchema.safeParse(result);
  if (parsed.success) return parsed.data;
  throw new AirlockError('internal', 'Cannot read answer of authenticate: it does not fit the schema', {
    cause: parsed.error,
  });
}

/**
 * Prove both sides to each other, and learn what this key may do.
 *
 * Order: nothing but a nonce, the key's id and the client's name is said before the server has proved that it holds the key.
 *
 * @param connection - Fresh, under {@link PRE_AUTH_CAPS}. When this throws, the caller destroys it.
 * @throws {AirlockError} unauthenticated when either side cannot prove the key; unsupported_protocol, with the side that is
 * too old; too_many_connections;
 * deadline_exceeded; unavailable when the server hangs up.
 */
export async function authenticate(
  { connection, random }: { readonly connection: Connection; readonly random: RandomBytes },
  { key, instance, endpoint, client }: AuthenticateInput,
  limits: Pick<InvokeOptions, 'deadlineMs' | 'signal'>,
): Promise<AuthenticateResult> {
  const options = { ...limits, isSilent: true };
  const state = { key, instance, endpoint, nonce: makeNonce(random) };
  const hello = { method: 'hello', params: makeHello(state, client), accept: (result: unknown) => result };
  const greeted = await connection.invoke(hello, options).catch((error: unknown) => {
    throw explainVersions(error);
  });
  const params = answerHello(state, greeted);
  connection.setCaps({ ...PRE_AUTH_CAPS, jsonBytes: MAX_JSON_FRAME_BYTES, totalBytes: null });
  const accept = (result: unknown): AuthenticateResult => {
    const session = acceptSession(result);
    // Order: in accept(), before the next message is read: what follows the answer at once falls under the new caps.
    const atMost = (toldBytes: number): number => Math.min(toldBytes, MAX_JSON_FRAME_BYTES);
    const chunkBytes = session.capabilities.includes('streams') ? atMost(session.limits.chunk) : null;
    connection.setCaps({ jsonBytes: atMost(session.limits.jsonFrame), chunkBytes, frames: null, totalBytes: null });
    return session;
  };
  return connection.invoke({ method: 'authenticate', params, accept }, options);
}
