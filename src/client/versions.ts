// Says which side is too old when the two do not fit. Pure. Source: protocol.md 3 and 6.

import { AirlockError } from '../core/errors.ts';
import { isJsonObject } from '../link/json-body.ts';
import { METHODS } from '../protocol/registry.ts';
import { PROTOCOL } from '../protocol/version.ts';

type Range = { readonly min: number; readonly max: number };

function readRange(value: unknown): Range | null {
  if (!isJsonObject(value)) return null;
  const { min, max } = value;
  return typeof min === 'number' && typeof max === 'number' ? { min, max } : null;
}

/**
 * The daemon's answer to `hello`, with the side named that has to be updated: `data.reason` is `daemon_too_old` or
 * `client_too_old`, `data.supported` the daemon's range.
 *
 * @param error - What the daemon answered; anything but `unsupported_protocol` with a range comes back as it is.
 * @param own - Range of this side.
 */
export function explainVersions(error: unknown, own: Range = PROTOCOL): unknown {
  if (!(error instanceof AirlockError) || error.code !== 'unsupported_protocol') return error;
  const supported = readRange(error.data.supported);
  if (supported === null) return error;
  const isDaemonOld = supported.max < own.min;
  const who = isDaemonOld ? 'the daemon is too old, update it' : 'this program is too old, update its airlock package';
  const ranges = `it speaks protocol ${supported.min} to ${supported.max}, this side ${own.min} to ${own.max}`;
  return new AirlockError('unsupported_protocol', `Cannot connect to airlock: ${ranges}; ${who}`, {
    cause: error,
    data: { supported, reason: isDaemonOld ? 'daemon_too_old' : 'client_too_old' },
  });
}

/**
 * `unknown_method` of a daemon that is older than this client, with the daemon's version; everything else comes back as it is.
 *
 * @param error - What a call was answered.
 * @param method - The method that was called.
 * @param version - Version of the daemon.
 */
export function explainUnknownMethod(error: unknown, method: string, version: string): unknown {
  if (!(error instanceof AirlockError) || error.code !== 'unknown_method' || !Object.hasOwn(METHODS, method))
    return error;
  const message = `Cannot run ${method}: the daemon (version ${version}) does not have it; it is older than this client`;
  return new AirlockError('unknown_method', message, {
    cause: error,
    data: { ...error.data, reason: 'daemon_too_old' },
  });
}
