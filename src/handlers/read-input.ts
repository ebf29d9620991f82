// The file of a call and its companions, from params and streams to bodies that the store can take. Shared by submit and convert.

import { createHash } from 'node:crypto';
import { assertNever } from '../core/assert-never.ts';
import type { Clock } from '../core/clock.ts';
import { AirlockError } from '../core/errors.ts';
import type { CallContext, UploadStream } from '../protocol/handler.ts';
import { WIRE_LIMITS } from '../protocol/limits.ts';
import type { ParamsOf } from '../protocol/method-spec.ts';
import type { reportSubmit } from '../protocol/methods/report-submit.ts';
import type { IncomingBody, QueueFull, Store, TooLarge, Upload } from '../store/types.ts';
import { withPatience } from './patient-stream.ts';
import { decodeBase64 } from './strict-base64.ts';

type Params = Pick<
  ParamsOf<typeof reportSubmit>,
  'name' | 'content' | 'contentBase64' | 'stream' | 'size' | 'sha256' | 'companions'
>;
type FileParams = Omit<Params, 'companions'>;

/** One file, whole: in memory, or in the store's keeping and synced. `sha256` is lower-case hex, `size` in bytes. */
export type InputFile = {
  readonly name: string;
  readonly body: IncomingBody;
  readonly size: number;
  readonly sha256: string;
};

/** The file of a call. Disposal gives back what the store was not asked to accept. */
export type Input = AsyncDisposable & { readonly main: InputFile; readonly companions: readonly InputFile[] };

/** What {@link readInput} needs. */
export type ReadInputDeps = {
  readonly store: Pick<Store, 'openUpload'>;
  /** Measures how long a stream brings nothing. */
  readonly clock: Pick<Clock, 'after' | 'monotonicMs'>;
  /** Largest file with all that comes with it, in bytes. */
  readonly limitBytes: number;
};

/** The call that brings the file, and what becomes of it: one to be `kept` takes a place in the queue from its first byte on. */
export type ReadInputOptions = { readonly context: CallContext; readonly purpose: 'kept' | 'converted' };

type Source =
  | { readonly kind: 'inline'; readonly bytes: Uint8Array }
  | { readonly kind: 'stream'; readonly stream: UploadStream };

const encoder = new TextEncoder();

function invalid(path: string, code: string, message: string): AirlockError {
  return new AirlockError('invalid_params', `Cannot take the file: ${path} ${message}`, {
    data: { details: [{ path: [path], code, message }] },
  });
}

function tooLarge(name: string, has: string, limit: number): AirlockError {
  return new AirlockError('too_large', `Cannot take "${name}": ${has}, at most ${limit} bytes are taken`, {
    data: { limit },
  });
}

function queueFull(name: string, { reason, retryAfterMs }: QueueFull): AirlockError {
  return new AirlockError('queue_full', `Cannot take "${name}": the queue is full (${reason})`, {
    data: { reason, retryAfterMs },
  });
}

/**
 * The failure for what the store does not take.
 *
 * @param name - Name of the file.
 * @param outcome - What the store said.
 */
export function refused(name: string, outcome: TooLarge | QueueFull): AirlockError {
  return outcome.kind === 'queue_full' ? queueFull(name, outcome) : tooLarge(name, 'it is too large', outcome.limit);
}

function readBase64(text: string): Buffer {
  const bytes = decodeBase64(text);
  if (bytes !== null) return bytes;
  throw invalid('contentBase64', 'invalid_format', 'must be base64, whole, with the right padding or none');
}

function sourceOf({ name, content, contentBase64, stream }: FileParams, { uploads }: CallContext): Source {
  const given = [content, contentBase64, stream].filter((one) => one !== undefined);
  if (given.length !== 1) throw invalid('content', 'exactly_one', 'give exactly one of content, contentBase64, stream');
  if (stream !== undefined) return { kind: 'stream', stream: uploads.open(stream) };
  const bytes = content === undefined ? readBase64(contentBase64 ?? '') : encoder.encode(content);
  const limit = WIRE_LIMITS.inlineBytes;
  if (bytes.byteLength > limit) throw tooLarge(name, `${bytes.byteLength} bytes inline`, limit);
  return { kind: 'inline', bytes };
}

function sizeMismatch(name: string, size: number, announced: number): AirlockError {
  const message = `Cannot take "${name}": ${size} bytes arrived, ${announced} were announced`;
  return new AirlockError('request_failed', message, { data: { reason: 'size_mismatch' } });
}

function checked(file: InputFile, { size, sha256 }: FileParams): InputFile {
  const { name } = file;
  if (size !== undefined && size !== file.size) throw sizeMismatch(name, file.size, size);
  if (sha256 === undefined || sha256 === file.sha256) return file;
  const message = `Cannot take "${name}": the bytes that arrived have another SHA-256`;
  throw new AirlockError('request_failed', message, { data: { reason: 'sha256_mismatch' } });
}

type Reading = ReadInputDeps & {
  readonly context: CallContext;
  readonly stack: AsyncDisposableStack;
  /** Bytes that streams may still bring. */
  leftBytes: number;
};

/** What this call may not bring is told as the limit of the whole call; the store has limits of its own. */
function refusedWithin({ limitBytes, leftBytes }: Reading, name: string, outcome: TooLarge | QueueFull): AirlockError {
  const isOurs = outcome.kind === 'too_large' && outcome.limit === leftBytes;
  return isOurs ? tooLarge(name, 'it is too large with its companions', limitBytes) : refused(name, outcome);
}

type OneStream = { readonly params: FileParams; readonly stream: UploadStream };

/** Write what comes, as it comes; stop as soon as it is more than was announced. */
async function writeAll(reading: Reading, upload: Upload, { params, stream }: OneStream): Promise<void> {
  const { name, size } = params;
  let written = 0;
  for (let piece = await stream.read(); piece !== null; piece = await stream.read()) {
    written += piece.byteLength;
    if (size !== undefined && written > size) throw sizeMismatch(name, written, size);
    const outcome = await upload.write(piece);
    if (outcome.kind !== 'ok') throw refusedWithin(reading, name, outcome);
  }
  reading.leftBytes -= written;
}

async function readStream(reading: Reading, one: OneStream, isCounted: boolean): Promise<InputFile> {
  const { store, clock, leftBytes, context, stack } = reading;
  const { name, size = null } = one.params;
  const outcome = await store.openUpload({ kid: context.caller.kid, size, maxBytes: leftBytes, isCounted });
  if (outcome.kind !== 'opened') throw refusedWithin(reading, name, outcome);
  const upload = stack.use(outcome.upload);
  await writeAll(reading, upload, { ...one, stream: withPatience(clock, one.stream, { name, size }) });
  const body = await upload.finish();
  if (body.kind === 'queue_full') throw queueFull(name, body);
  return checked({ name, body, size: body.size, sha256: body.sha256 }, one.params);
}

type OneFile = { readonly params: FileParams; readonly source: Source; readonly isCounted: boolean };

async function readOne(reading: Reading, { params, source, isCounted }: OneFile): Promise<InputFile> {
  switch (source.kind) {
    case 'inline': {
      const { bytes } = source;
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      return checked({ name: params.name, body: { kind: 'inline', bytes }, size: bytes.byteLength, sha256 }, params);
    }
    case 'stream':
      return await readStream(reading, { params, stream: source.stream }, isCounted);
    default:
      return assertNever(source);
  }
}

const inlineBytes = ({ source }: OneFile): number => (source.kind === 'inline' ? source.bytes.byteLength : 0);

/**
 * Read the file of a call and its companions, one after the other, the main file first.
 *
 * @param deps - See {@link ReadInputDeps}.
 * @param params - Params of the call.
 * @param options - See {@link ReadInputOptions}.
 * @throws {AirlockError} invalid_params, too_large, queue_full, request_failed (`size_mismatch`, `sha256_mismatch`, `stalled`).
 * @throws the call's abort reason.
 */
export async function readInput(
  deps: ReadInputDeps,
  params: Params,
  { context, purpose }: ReadInputOptions,
): Promise<Input> {
  const { companions = [] } = params;
  // Order: every stream is taken before the first byte is read, so that a wrong number is told at once.
  const all = [params, ...companions].map((one, index) => ({
    params: one,
    source: sourceOf(one, context),
    // A companion belongs to the one item that the main file is.
    isCounted: purpose === 'kept' && index === 0,
  }));
  const { limitBytes } = deps;
  // Order: what came inline is there already, so that a main file that announces its size is refused before it is read.
  const leftBytes = limitBytes - all.reduce((sum, one) => sum + inlineBytes(one), 0);
  if (leftBytes < 0) throw tooLarge(params.name, 'it is too large with its companions', limitBytes);
  await using stack = new AsyncDisposableStack();
  const reading: Reading = { ...deps, context, stack, leftBytes };
  const files: InputFile[] = [];
  for (const one of all) files.push(await readOne(reading, one));
  const [main, ...others] = files;
  if (main === undefined) throw new AirlockError('internal', 'Cannot take the file: none was read');
  context.signal.throwIfAborted();
  const kept = stack.move();
  return { main, companions: others, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}
