// The answer to `authenticate`: what this key may do here, and within which limits.

import type { IpcKey } from '../link/handshake.ts';
import type { AuthenticateResult, ToldLimits } from '../protocol/handshake.ts';
import { WIRE_LIMITS } from '../protocol/limits.ts';
import { mayCall } from './call.ts';
import type { ConnectionDeps } from './deps.ts';

function toldLimits({ config, reportLimitBytes }: ConnectionDeps): ToldLimits {
  return {
    jsonFrame: config.jsonFrame,
    chunk: WIRE_LIMITS.chunkBytes,
    depth: WIRE_LIMITS.depth,
    inline: WIRE_LIMITS.inlineBytes,
    callsInFlight: config.calls,
    streams: config.streams,
    subscriptions: config.subscriptions,
    unsentBytes: config.unsent.close,
    report: reportLimitBytes,
  };
}

/**
 * What a peer is told once it proved its key.
 *
 * @param deps - What all connections share.
 * @param peer - Its key, its session, the agreed capabilities.
 */
export function makeWelcome(
  deps: ConnectionDeps,
  peer: { readonly key: IpcKey; readonly session: string; readonly capabilities: readonly string[] },
): AuthenticateResult {
  const { scopes } = peer.key;
  const methods = [...deps.methods.values()].filter(({ spec }) => mayCall(peer.key, spec));
  return {
    session: peer.session,
    scopes: [...scopes],
    capabilities: [...peer.capabilities],
    limits: toldLimits(deps),
    rate: deps.rate.told,
    server: { name: 'airlock', version: deps.version, bootId: deps.bootId },
    methods: methods.map(({ spec }) => spec.name),
  };
}
