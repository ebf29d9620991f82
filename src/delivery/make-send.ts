// From a destination's configuration to its chain of Send links.

import type { DestinationConfig, WatsDestinationConfig } from '../config/schema/destinations.ts';
import { assertNever } from '../core/assert-never.ts';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';
import type { Secret } from '../core/secret.ts';
import type { ResolveAll } from './address-check.ts';
import { makeDirectorySend } from './directory.ts';
import { encodeWsjf } from './encode-wsjf.ts';
import { makeHttpClient } from './http-request.ts';
import type { Send } from './send.ts';
import { makeWatsSend, toReportUrl } from './wats.ts';
import { withMaxBytes } from './with-max-bytes.ts';
import { withObservation } from './with-observation.ts';
import { type TotalTimeout, withTimeout } from './with-timeout.ts';

/** What destinations need. */
export type MakeSendDeps = {
  readonly clock: Clock;
  readonly log: Logger;
  /** Text of a secret by its name; null when there is none. */
  readonly resolveSecret: (name: string) => Promise<Secret | null>;
  /** Absolute form of a path in the configuration. */
  readonly resolvePath: (path: string) => string;
  /** DNS; the system's unless a test passes its own. */
  readonly resolve?: ResolveAll;
};

/** A destination ready for uploads; disposing it closes its sockets. */
export type OpenDestination = Disposable & { readonly send: Send };

/** A folder on the network may hang; no upload to it waits longer than this. */
const DIRECTORY_TIMEOUT: TotalTimeout = { totalMs: 60_000, minBytesPerSecond: 16 * 1024 };

function openWats(
  deps: MakeSendDeps,
  config: WatsDestinationConfig,
): OpenDestination & { readonly total: TotalTimeout } {
  const client = makeHttpClient(deps, {
    url: toReportUrl(config.url),
    allowHosts: config.allowHosts,
    maxSockets: config.concurrent,
    connectMs: config.timeout.connect,
    idleMs: config.timeout.idle,
  });
  const send = makeWatsSend({ ...deps, client, encode: (report) => encodeWsjf(deps, report, config) }, config);
  const total = { totalMs: config.timeout.total, minBytesPerSecond: config.timeout.minRate };
  return { send, total, [Symbol.dispose]: () => client[Symbol.dispose]() };
}

function openBare(deps: MakeSendDeps, config: DestinationConfig): OpenDestination & { readonly total: TotalTimeout } {
  switch (config.type) {
    case 'directory':
      return {
        send: makeDirectorySend(deps.resolvePath(config.path)),
        total: DIRECTORY_TIMEOUT,
        [Symbol.dispose]: () => undefined,
      };
    case 'wats':
      return openWats(deps, config);
    default:
      return assertNever(config);
  }
}

/**
 * Make one destination's chain: size limit, then total time, around the destination itself, with a log line per upload outside.
 *
 * @param name - Of the destination; in every log line.
 * @param config - As the user wrote it.
 * @returns The owner disposes it after its last upload.
 */
export function openDestination(deps: MakeSendDeps, name: string, config: DestinationConfig): OpenDestination {
  const bare = openBare(deps, config);
  const limited = withTimeout(deps, bare.total, withMaxBytes(config.maxBytes, bare.send));
  return { send: withObservation(deps, name, limited), [Symbol.dispose]: () => bare[Symbol.dispose]() };
}
