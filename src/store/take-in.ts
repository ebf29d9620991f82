// The one door, on the main thread: bodies get their final place, then the store's thread decides and commits.

import { readFile } from 'node:fs/promises';
import { INLINE_BODY_BYTES } from '../core/body.ts';
import { makeUuidV7 } from '../core/ids.ts';
import { AirlockError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { join } from 'node:path';
import { type CallContent, hashCompanions } from './accept.ts';
import { STORE_FAILED } from './bounds.ts';
import type { StoreFiles } from './folder.ts';
import type { StoreReply } from './messages.ts';
import { hash } from './hash.ts';
import type { StoreArguments, StoreMethod } from './operations.ts';
import { makePlacer, type Placer } from './payload.ts';
import type { PlacedBody, PlacedInput } from './placed.ts';
import type { RoomAnswer } from './room.ts';
import { makeRunningKeys } from './running-keys.ts';
import type { AcceptInput, AcceptOutcome, IncomingBody, QueueFull, UploadInput, UploadOutcome } from './types.ts';
import { type OpenUpload, openUpload, refuseWrite, type UploadDeps } from './upload.ts';

/** What taking in needs. */
export type TakeInDeps = {
  readonly files: Pick<StoreFiles, 'incoming' | 'payload'>;
  readonly log: Pick<Logger, 'error'>;
  readonly nowUnixMs: () => number;
  /** The store's thread; `failed` = it could not write, or is gone. */
  readonly ask: <M extends StoreMethod>(method: M, args: StoreArguments[M]) => Promise<StoreReply>;
  /** The value of a reply, or its error thrown. */
  readonly unwrap: (method: StoreMethod, reply: StoreReply) => unknown;
};

/** The calls of the door. */
export type Door = {
  readonly openUpload: (input: UploadInput) => Promise<UploadOutcome>;
  readonly accept: (input: AcceptInput) => Promise<AcceptOutcome>;
  /** Resolves once no `accept` runs. */
  readonly settled: () => Promise<void>;
};

function tooLarge(limit: number): AirlockError {
  return new AirlockError('too_large', `Cannot take in file: it is larger than ${limit} bytes`, { data: { limit } });
}

type Taking = TakeInDeps & { readonly placer: Placer; readonly uploads: ReadonlyMap<string, OpenUpload> };

function findUpload({ uploads }: Taking, uploadId: string): { readonly upload: OpenUpload; readonly path: string } {
  const upload = uploads.get(uploadId);
  if (upload === undefined || upload.received === null || upload.path === null) {
    throw new AirlockError(
      'internal',
      'Cannot take in file: its upload is not open, not finished, or taken in already',
    );
  }
  return { upload, path: upload.path };
}

function placeInline({ bytes }: IncomingBody & { readonly kind: 'inline' }): PlacedBody {
  if (bytes.byteLength > INLINE_BODY_BYTES) throw tooLarge(INLINE_BODY_BYTES);
  // A view would drag the whole buffer behind it across.
  return { kind: 'inline', bytes: new Uint8Array(bytes) };
}

async function placeBody(taking: Taking, body: IncomingBody): Promise<PlacedBody> {
  if (body.kind === 'inline') return placeInline(body);
  const { uploadId, size, sha256 } = body;
  const { upload, path } = findUpload(taking, uploadId);
  if (size <= INLINE_BODY_BYTES) return { kind: 'inline', bytes: new Uint8Array(await readFile(path)) };
  const file = await taking.placer.place(uploadId, path);
  upload.path = join(taking.files.payload, file);
  return { kind: 'file', file, size, sha256 };
}

const hashOf = (body: IncomingBody): string => (body.kind === 'inline' ? hash(body.bytes) : body.sha256);

function contentOf({ kid, idempotencyKey, body, companions }: AcceptInput): CallContent {
  const hashed = companions.map(({ name, body: each }) => ({ name, sha256: hashOf(each) }));
  return { kid, idempotencyKey, sha256: hashOf(body), companionsHash: hashCompanions(hashed) };
}

function receivedOf({ body, companions }: AcceptInput): readonly string[] {
  return [body, ...companions.map((each) => each.body)].flatMap((each) =>
    each.kind === 'received' ? [each.uploadId] : [],
  );
}

async function place(taking: Taking, input: AcceptInput): Promise<PlacedInput | QueueFull> {
  try {
    const body = await placeBody(taking, input.body);
    const companions: { name: string; body: PlacedBody }[] = [];
    for (const { name, body: each } of input.companions) companions.push({ name, body: await placeBody(taking, each) });
    return { ...input, body, companions, uploadIds: receivedOf(input) };
  } catch (error) {
    if (error instanceof AirlockError) throw error;
    return refuseWrite(taking, error, { uploadIds: receivedOf(input) });
  }
}

/** Files that a row names, or may name, are the store's: their upload must not remove them any more. */
function handOver(taking: Taking, placed: PlacedInput): void {
  for (const uploadId of placed.uploadIds) {
    const upload = taking.uploads.get(uploadId);
    if (upload?.path?.startsWith(taking.files.payload) === true) upload.path = null;
  }
}

async function commit(taking: Taking, placed: PlacedInput): Promise<AcceptOutcome> {
  const reply = await taking.ask('accept', [placed]);
  if (reply.kind === 'failed') {
    // Nobody knows whether the row is there: its file stays, and the next start deletes it if not.
    handOver(taking, placed);
    return STORE_FAILED;
  }
  // Trust: the thread runs the operation of this very method.
  const outcome = taking.unwrap('accept', reply) as AcceptOutcome;
  if (outcome.kind === 'accepted' && !outcome.duplicate) handOver(taking, placed);
  return outcome;
}

async function accept(taking: Taking, input: AcceptInput): Promise<AcceptOutcome> {
  const { body, companions } = input;
  if (body.kind === 'inline' && companions.length === 0) {
    // Order: nothing is awaited before the thread is asked, so that all who call at once share one commit.
    return await commit(taking, { ...input, body: placeInline(body), companions: [], uploadIds: [] });
  }
  // A repeated call must not pay for flushes that only its first one needs.
  const known = await taking.ask('findAnswer', [contentOf(input)]);
  if (known.kind === 'failed') return STORE_FAILED;
  // Trust: as in `commit`.
  const answer = taking.unwrap('findAnswer', known) as AcceptOutcome | null;
  if (answer !== null) return answer;
  const placed = await place(taking, input);
  return 'kind' in placed ? placed : await commit(taking, placed);
}

/**
 * Make the door of a store.
 *
 * @param deps - Folders, clock, the store's thread.
 * @param uploads - Those that are open, by id; kept here, read by whoever restarts the thread.
 */
export function makeDoor(deps: TakeInDeps, uploads: Map<string, OpenUpload>): Door {
  const taking: Taking = { ...deps, uploads, placer: makePlacer(deps.files.payload) };
  const runAlone = makeRunningKeys();
  const uploadDeps: UploadDeps = {
    incoming: deps.files.incoming,
    log: deps.log,
    makeId: () => makeUuidV7(deps.nowUnixMs()),
    opened: (upload) => void uploads.set(upload.uploadId, upload),
    closed: (uploadId) => void uploads.delete(uploadId),
    reserve: async (request) => {
      const reply = await deps.ask('reserve', [request]);
      // Trust: as in `commit`.
      return reply.kind === 'failed' ? STORE_FAILED : (deps.unwrap('reserve', reply) as RoomAnswer);
    },
    release: async (release) => void (await deps.ask('release', [release])),
  };
  return {
    openUpload: (input) => openUpload(uploadDeps, input),
    settled: runAlone.settled,
    accept: (input) => runAlone.run(JSON.stringify([input.kid, input.idempotencyKey]), () => accept(taking, input)),
  };
}
