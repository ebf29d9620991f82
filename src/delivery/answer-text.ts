// The destination's own words, made safe to keep and to show.

import type { Secret } from '../core/secret.ts';

const MAX_ANSWER_BYTES = 2048;
const HIDDEN = '[hidden]';
/** Shorter pieces of a token would blot out ordinary words. */
const SHORTEST_PIECE = 6;

function decodedBasic(token: string): readonly string[] {
  const decoded = Buffer.from(token, 'base64').toString('utf8');
  if (!decoded.includes(':') || decoded.includes('\uFFFD')) return [];
  const password = decoded.slice(decoded.indexOf(':') + 1);
  return [decoded, password].filter((piece) => piece.length >= SHORTEST_PIECE);
}

function spellingsOf(token: string): readonly string[] {
  if (token === '') return [];
  const spelled = [token, encodeURIComponent(token), token.replaceAll('/', String.raw`\/`)];
  return [...new Set([...spelled, ...decodedBasic(token)])];
}

/**
 * Blot out a token wherever a text quotes it: as sent, URL-encoded, JSON-escaped, or as the `user:password` inside it.
 *
 * @param text - What a server sent.
 */
export function hideSecret(text: string, secret: Secret): string {
  return spellingsOf(secret.reveal()).reduce((rest, spelling) => rest.replaceAll(spelling, HIDDEN), text);
}

/**
 * Make a server's words fit for the database and the screen: control and direction characters gone, at most 2 KiB.
 *
 * @param text - Already without secrets: a cut could leave the beginning of one.
 * @returns The words, or null when nothing is left.
 */
export function toAnswerText(text: string): string | null {
  const bytes = Buffer.from(text.replace(/[\p{Cc}\p{Bidi_Control}]+/gu, ' ').trim(), 'utf8');
  const head = bytes.subarray(0, MAX_ANSWER_BYTES).toString('utf8');
  // A character that the cut splits decodes to U+FFFD at the end.
  const words = bytes.byteLength > MAX_ANSWER_BYTES ? head.replace(/\uFFFD+$/u, '') : head;
  return words === '' ? null : words;
}
