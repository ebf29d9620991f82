// The body of a JSON frame, from bytes to a plain object, or why not. Source: protocol.md 2.

import { isUtf8 } from 'node:buffer';
import { WIRE_LIMITS } from '../protocol/limits.ts';
import { isDeeperThan } from './json-depth.ts';

/** A JSON object as it was parsed. Trust: it may hold any own key, `__proto__` too; never merge it into anything. */
export type JsonObject = { readonly [key: string]: unknown };

/** A parsed body, or what is wrong with it (`parse_error`). */
export type JsonBody =
  | { readonly kind: 'object'; readonly value: JsonObject }
  | { readonly kind: 'fault'; readonly message: string };

const CLOSE_BRACE = 0x7d;
const REPLACEMENT = '\uFFFD';

const fault = (reason: string): JsonBody => ({ kind: 'fault', message: `Cannot read message: ${reason}` });

/**
 * Is this a JSON object (no array, not null)?
 *
 * @param value - Anything that was parsed.
 */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Parse the body of a JSON frame.
 *
 * Order: UTF-8, then depth (over 1 KiB), then JSON: a deep text must never reach the parser.
 *
 * @param body - Begins with `{`, as the decoder has checked.
 */
export function parseJsonBody(body: Buffer): JsonBody {
  const text = body.toString('utf8');
  // What is no UTF-8 becomes U+FFFD: only a text that holds one is looked at twice.
  if (text.includes(REPLACEMENT) && !isUtf8(body)) return fault('it is not UTF-8');
  if (body.at(-1) !== CLOSE_BRACE) return fault('it does not end with the closing brace of one object');
  if (body.length > WIRE_LIMITS.depthExemptBytes && isDeeperThan(body, WIRE_LIMITS.depth)) {
    return fault(`it is nested deeper than ${WIRE_LIMITS.depth}`);
  }
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? { kind: 'object', value } : fault('it is no object');
  } catch {
    // The parser's message quotes the text, which may hold anything.
    return fault('it is not JSON');
  }
}
