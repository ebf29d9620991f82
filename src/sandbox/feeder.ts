// Answers what a runner asks for of its job's files: one piece at a time, so that nothing piles up for one that asks and does not read.

import { FRAME_IN, INDEX_BYTES } from './channel.ts';
import type { Inputs, Piece } from './inputs.ts';
import type { RunnerProcess } from './runner-process.ts';

/** What a feeder works with. */
export type FeederDeps = {
  readonly process: Pick<RunnerProcess, 'send'>;
  readonly inputs: Inputs;
  readonly jobId: number;
  /** Race: a piece may come when the job has ended; it is thrown away then. */
  readonly isOpen: () => boolean;
  /** A file is not what it was. */
  readonly onChanged: (reason: string) => void;
  /** A file cannot be read. */
  readonly onError: (error: unknown) => void;
};

/** Answers one job's questions. */
export type Feeder = {
  /** Answer one `pull`; false when it may not ask that, or asks before it can have read the answers so far. */
  readonly pull: (index: number) => boolean;
};

/**
 * Make a feeder. At most one piece is on its way and one question waits, whatever a runner asks for.
 *
 * @param deps - See {@link FeederDeps}.
 */
export function makeFeeder({ process, inputs, jobId, isOpen, onChanged, onError }: FeederDeps): Feeder {
  const ended = new Set<number>();
  let isAnswering = false;
  let waiting: number | null = null;

  function send(index: number, bytes: Uint8Array): void {
    if (bytes.length === 0) ended.add(index);
    if (index === 0) {
      const type = bytes.length === 0 ? FRAME_IN.eof : FRAME_IN.data;
      return process.send({ type, job: jobId, payload: bytes }, onSent);
    }
    const payload = Buffer.alloc(INDEX_BYTES + bytes.length);
    payload.writeUInt32BE(index);
    payload.set(bytes, INDEX_BYTES);
    process.send({ type: FRAME_IN.companion, job: jobId, payload }, onSent);
  }

  function onPiece(index: number, piece: Piece): void {
    if (!isOpen()) return;
    if (piece.kind === 'changed') onChanged(piece.reason);
    else send(index, piece.bytes);
  }

  function answer(index: number): void {
    isAnswering = true;
    const piece = inputs.read(index);
    if (piece instanceof Promise) piece.then((read) => onPiece(index, read)).catch(onError);
    else onPiece(index, piece);
  }

  // Race: an honest runner may ask for the next piece before this side hears that the last one was written.
  function onSent(): void {
    isAnswering = false;
    if (waiting === null || !isOpen()) return;
    const index = waiting;
    waiting = null;
    answer(index);
  }

  return {
    pull: (index) => {
      if (index >= inputs.files.length || ended.has(index) || waiting !== null) return false;
      if (isAnswering) waiting = index;
      else answer(index);
      return true;
    },
  };
}
