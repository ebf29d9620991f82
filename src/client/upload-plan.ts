// Bytes that a call sends, and whether they can be sent once more. Source: protocol.md 7 and 8.

import type { UploadSources } from './uploads.ts';

/**
 * Bytes to send. Bytes, and a function that is called anew for each try, can be sent again after a lost connection; what is given as
 * an iterable is read once, so a call that had begun to read it then fails. No piece is copied: it may not be changed once it is given.
 */
export type UploadSource = Uint8Array | (() => AsyncIterable<Uint8Array>) | AsyncIterable<Uint8Array>;

/** The sources of one call, over all its tries. */
export type UploadPlan = {
  /** Sources for one try, by the number that the params name. */
  readonly open: () => UploadSources;
  /** Could every source be read from its beginning? */
  readonly canRepeat: () => boolean;
};

type PlannedSource = { readonly open: () => AsyncIterable<Uint8Array>; readonly canRepeat: () => boolean };

const always = (): boolean => true;

async function* oneOf(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes;
}

/** Calls the function when the first byte is asked for: a file that it opened for a try that was refused would stay open. */
const lazily = (source: () => AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> => ({
  [Symbol.asyncIterator]: () => source()[Symbol.asyncIterator](),
});

function planOnce(source: AsyncIterable<Uint8Array>): PlannedSource {
  let isTouched = false;
  const noticed: AsyncIterable<Uint8Array> = {
    [Symbol.asyncIterator]: () => {
      isTouched = true;
      return source[Symbol.asyncIterator]();
    },
  };
  return { open: () => noticed, canRepeat: () => !isTouched };
}

function planSource(source: UploadSource): PlannedSource {
  if (typeof source === 'function') return { open: () => lazily(source), canRepeat: always };
  if (source instanceof Uint8Array) return { open: () => oneOf(source), canRepeat: always };
  return planOnce(source);
}

/**
 * Plan the sources of a call.
 *
 * @param sources - By the number that the params name.
 */
export function planUpload(sources: ReadonlyMap<number, UploadSource>): UploadPlan {
  const planned = [...sources].map(([number, source]) => [number, planSource(source)] as const);
  return {
    open: () => new Map(planned.map(([number, { open }]) => [number, open()])),
    canRepeat: () => planned.every(([, { canRepeat }]) => canRepeat()),
  };
}
