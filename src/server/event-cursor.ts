// How far a subscription has come, as the text that its peer gives back to go on from there.

import { createHash } from 'node:crypto';
import type { KeyId } from '../core/ids.ts';
import type { EventTopic } from '../protocol/events.ts';
import type { EventPlace } from './event-ring.ts';

/** What a cursor is good for: the same topics, heard with the same eyes. */
export type CursorScope = { readonly topics: readonly EventTopic[]; readonly kid: KeyId | null };

/** A cursor as it was read. */
export type ReadCursor =
  | { readonly kind: 'place'; readonly place: EventPlace }
  /** Written for other topics or another key. */
  | { readonly kind: 'foreign' }
  /** Never written by anybody. */
  | { readonly kind: 'malformed' };

/** Writes and reads the cursors of one subscription. */
export type CursorFormat = {
  readonly write: (place: EventPlace) => string;
  readonly read: (text: string) => ReadCursor;
};

const MARK_CHARS = 8;
const CURSOR = /^([A-Za-z0-9_-]{8})\.(0|[1-9][0-9]{0,15})(?:\.(0|[1-9][0-9]{0,15}))?$/;

/**
 * Make the format. The mark in front is no secret and gives no rights: what a peer hears is decided by its key each time. It keeps a
 * cursor from being gone on from where something else was heard before, which would leave a gap unsaid.
 *
 * @param scope - Topics in any order; `kid` null = everything is heard.
 */
export function makeCursorFormat({ topics, kid }: CursorScope): CursorFormat {
  const scope = JSON.stringify([kid, topics.toSorted()]);
  const mark = createHash('sha256').update(scope).digest('base64url').slice(0, MARK_CHARS);
  return {
    write: ({ kept, latest }) => (kept === latest ? `${mark}.${kept}` : `${mark}.${kept}.${latest}`),
    read: (text) => {
      const [, foundMark, keptText, latestText = keptText] = CURSOR.exec(text) ?? [];
      const place = { kept: Number(keptText), latest: Number(latestText) };
      if (!Number.isSafeInteger(place.kept) || !Number.isSafeInteger(place.latest)) return { kind: 'malformed' };
      return foundMark === mark ? { kind: 'place', place } : { kind: 'foreign' };
    },
  };
}
