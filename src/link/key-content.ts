// What one key file says: `{v, kid, key, scopes, created, label?, expires?}`. Pure. Source: protocol.md 3.

import { isName, toKeyId } from '../core/ids.ts';
import { type Scope, SCOPES } from '../core/scopes.ts';
import { Secret } from '../core/secret.ts';
import type { IpcKey } from './handshake.ts';
import { isJsonObject, type JsonObject } from './json-body.ts';

/** A key as its file says it. */
export type KeyRecord = IpcKey & {
  /** RFC 3339, UTC; null in a file that does not say. */
  readonly created: string | null;
  /** What people wrote about it; 100 characters at most. */
  readonly label: string | null;
  /** From then on it is void: another took its place. Wall clock, milliseconds. */
  readonly expiresUnixMs: number | null;
};

/** Longest label; UTF-16 units. As key/create has it. */
const MAX_LABEL_CHARS = 100;

const KEY_TEXT = /^[A-Za-z0-9_-]{43}$/;

/**
 * What a key's file says.
 *
 * @param secret - 32 bytes in base64url.
 * @param record - The rest of the key.
 */
export function toKeyText(secret: string, record: Omit<KeyRecord, 'secret'>): string {
  const { kid, scopes, created, label, expiresUnixMs } = record;
  const expires = expiresUnixMs === null ? {} : { expires: new Date(expiresUnixMs).toISOString() };
  const more = { ...(label === null ? {} : { label }), ...expires };
  return `${JSON.stringify({ v: 1, kid, key: secret, scopes, ...(created === null ? {} : { created }), ...more }, null, 2)}\n`;
}

function isScopeList(value: unknown): value is readonly Scope[] {
  const known: readonly unknown[] = SCOPES;
  return Array.isArray(value) && value.length > 0 && value.every((scope) => known.includes(scope));
}

const isLabel = (value: unknown): value is string | undefined =>
  value === undefined || (typeof value === 'string' && value.length <= MAX_LABEL_CHARS);

function readExpiry(value: unknown): number | null {
  if (value === undefined) return null;
  return typeof value === 'string' ? Date.parse(value) : Number.NaN;
}

function parseObject(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : {};
  } catch {
    // The parser's message would quote the key.
    return {};
  }
}

/**
 * Read what a key file holds.
 *
 * @param text - Of the file.
 * @param kid - The id that it must hold.
 * @returns The key, or what is wrong, in words that quote nothing of the file.
 */
export function parseKey(text: string, kid: string): KeyRecord | string {
  const value = parseObject(text);
  const { v, kid: named, key, scopes, label, created } = value;
  const expiresUnixMs = readExpiry(value['expires']);
  if (v !== 1) return 'no JSON object with v = 1';
  if (named !== kid || !isName(kid)) return 'the id of another key, or none';
  if (typeof key !== 'string' || !KEY_TEXT.test(key)) return 'no key of 32 bytes in base64url';
  if (!isScopeList(scopes)) return `no list of scopes out of ${SCOPES.join(', ')}`;
  if (!isLabel(label)) return `a label that is no text of at most ${MAX_LABEL_CHARS} characters`;
  if (Number.isNaN(expiresUnixMs)) return 'a time of expiry that is none';
  return {
    kid: toKeyId(kid),
    secret: new Secret(key),
    scopes,
    created: typeof created === 'string' ? created : null,
    label: label ?? null,
    expiresUnixMs,
  };
}
