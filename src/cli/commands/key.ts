// airlock key list|create|revoke|rotate: who may speak to the daemon. No secret ever passes through here.

import type { Scope } from '../../core/scopes.ts';
import type { Command } from '../context.ts';
import { connectDaemon } from '../daemon-link.ts';
import { toPrintableLine } from '../output.ts';

/** One line each; with `--json` one document each. */
export const keyList: Command<Record<string, never>> = async (context) => {
  await using client = await connectDaemon(context);
  const { output } = context;
  for (const item of (await client.call('key/list', {})).items) {
    if (output.isJson) output.document(item);
    const { kid, scopes, label, expiresAt, own } = item;
    const until = expiresAt === null ? '' : ` until ${expiresAt}`;
    const words = label === null ? '' : `: ${toPrintableLine(label)}`;
    output.line(`${kid} ${scopes.join(',')}${until}${own ? ' (this one)' : ''}${words}`);
  }
  return 0;
};

/** What `key create` takes. */
export type KeyCreateArguments = {
  readonly kid: string;
  readonly scopes: readonly Scope[];
  readonly label: string | null;
};

/** @throws {AirlockError} invalid_params, conflict, request_failed. */
export const keyCreate: Command<KeyCreateArguments> = async (context, { kid, scopes, label }) => {
  await using client = await connectDaemon(context);
  const { output } = context;
  const key = await client.call('key/create', { kid, scopes: [...scopes], ...(label === null ? {} : { label }) });
  if (output.isJson) output.document(key);
  output.line(key.path);
  return 0;
};

/** @throws {AirlockError} not_found; request_failed for the own key or the last one with `admin`, unless forced. */
export const keyRevoke: Command<{ readonly kid: string; readonly isForced: boolean }> = async (
  context,
  { kid, isForced },
) => {
  await using client = await connectDaemon(context);
  const { output } = context;
  const { connections } = await client.call('key/revoke', { kid, force: isForced });
  if (output.isJson) output.document({ kid, connections });
  output.line(`${kid} is void; ${connections} of its connections were closed`);
  return 0;
};

/** @throws {AirlockError} not_found, invalid_params, request_failed. */
export const keyRotate: Command<{ readonly kid: string; readonly keepMs: number | null }> = async (
  context,
  { kid, keepMs },
) => {
  await using client = await connectDaemon(context);
  const { output } = context;
  const rotated = await client.call('key/rotate', { kid, ...(keepMs === null ? {} : { keepMs }) });
  if (output.isJson) output.document(rotated);
  const { previous, connections } = rotated;
  output.line(rotated.path);
  if (previous !== null) output.note(`${previous.kid} stays valid until ${previous.expiresAt ?? 'it is revoked'}`);
  else output.note(`${kid} has another secret now; ${connections} of its connections were closed`);
  return 0;
};
