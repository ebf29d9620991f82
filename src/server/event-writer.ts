// Numbers the events of one subscription, writes them, and knows what was left out.

import { bytesOver } from '../link/framing.ts';
import { writeNotification } from '../link/json-rpc.ts';
import type { ToldChange } from './event-ring.ts';

/** What {@link makeEventWriter} needs. */
export type EventWriterDeps = {
  /** Is so much unsent that an event is left out, and said to be, rather than kept? */
  readonly isBehind: () => boolean;
  /** Send one message. */
  readonly send: (body: string) => void;
  /** Cap on one JSON frame. An event over it is left out, and said to be. */
  readonly maxBytes: number;
};

/** See {@link makeEventWriter}. */
export type EventWriter = {
  /** Send it, or leave it out: while a gap is not said, and while the peer is behind. */
  readonly tell: (event: Pick<ToldChange, 'topic' | 'text' | 'position'>) => void;
  /** So many that came after a position are lost. */
  readonly lose: (count: number, after: number) => void;
  /** Say what was left out, if anything. @returns the position after which something is missing, or null. */
  readonly mend: () => number | null;
};

/** A gap that is not said yet: its first number, and the position after which something is missing. */
type Gap = { readonly from: number; readonly after: number };

/**
 * Make the writer of one subscription.
 *
 * @param deps - See {@link EventWriterDeps}.
 * @param input - `cursor` is asked for each event that is sent.
 */
export function makeEventWriter(
  { isBehind, send, maxBytes }: EventWriterDeps,
  { id, cursor }: { readonly id: string; readonly cursor: () => string },
): EventWriter {
  let seq = 0;
  let gap: Gap | null = null;

  function sayGap(from: number): void {
    gap = null;
    send(writeNotification('event/lagged', { subscription: id, from, to: seq }));
  }

  return {
    tell: ({ topic, text, position }) => {
      seq += 1;
      // Invariant: once one is left out, all are until that is said: a gap never has an event in it.
      if (gap !== null || isBehind()) {
        gap = { from: gap?.from ?? seq, after: Math.min(gap?.after ?? Infinity, position - 1) };
        return;
      }
      // The data is text already, the same for all who hear it; nothing else of this needs escaping.
      const params = `{"subscription":"${id}","seq":${seq},"cursor":"${cursor()}","topic":"${topic}","data":${text}}`;
      const body = `{"jsonrpc":"2.0","method":"event","params":${params}}`;
      // A peer cuts the connection at a frame over the cap.
      if (bytesOver(body, maxBytes) === null) send(body);
      else sayGap(seq);
    },
    lose: (count, after) => {
      gap = { from: gap?.from ?? seq + 1, after: Math.min(gap?.after ?? Infinity, after) };
      seq += count;
    },
    mend: () => {
      if (gap === null) return null;
      const { from, after } = gap;
      sayGap(from);
      return after;
    },
  };
}
