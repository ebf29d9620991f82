// Hands over a file: inside the call while there is room, else as a stream. Source: protocol.md 8.

import { createHash } from 'node:crypto';
import { AirlockError } from '../core/errors.ts';
import type { ParamsInputOf, ResultOf } from '../protocol/method-spec.ts';
import type { reportSubmit } from '../protocol/methods/report-submit.ts';
import type { CallOptions } from './calls.ts';
import type { Session } from './link.ts';
import type { UploadSource } from './upload-plan.ts';

type Params = Omit<ParamsInputOf<typeof reportSubmit>, 'idempotencyKey'> & { readonly idempotencyKey?: string };
type Result = ResultOf<typeof reportSubmit>;

/** What a file holds: text (sent as UTF-8), bytes, or pieces as they come; see {@link UploadSource} for what can be sent again. */
export type FileContent = string | UploadSource;

/** A file that belongs to another one. */
export type CompanionFile = { readonly name: string; readonly content: FileContent };

/** A file to hand over. `size` and `sha256`, where given, are checked by the server; those of text and bytes are known. */
export type SubmittedFile = CompanionFile &
  Readonly<Pick<Params, 'size' | 'sha256' | 'converter' | 'arguments' | 'priority' | 'group'>> & {
    readonly companions?: readonly CompanionFile[];
    /** UUID; made when left out. Give one where the same file may be handed over again, by another process too. */
    readonly idempotencyKey?: string;
  };

/** Options of {@link Submit}. Default of `deadlineMs`: 60 s, and 1 s more for each 250 KiB. */
export type SubmitOptions = Omit<CallOptions, 'upload'>;

/**
 * Hand over a file with what belongs to it. Answered once it is durable.
 *
 * Text and bytes go inside the call while there is room (`limits.inline`), what is larger or comes in pieces as streams. The call is
 * sent again after a lost connection under the same idempotency key, so the file is taken in once; unless a source that can be read
 * only once was begun: then it fails as `unavailable` or `shutting_down`.
 */
export type Submit = (file: SubmittedFile, options?: SubmitOptions) => Promise<Result>;

/** What submitting needs of a client. */
export type SubmitDeps = {
  readonly call: (name: 'report/submit', params: Params, options: CallOptions) => Promise<Result>;
  readonly session: () => Pick<Session, 'limits' | 'capabilities'>;
};

const BASE_DEADLINE_MS = 60_000;
/** A disk that takes less than this is as good as none. */
const SLOWEST_BYTES_PER_MS = 256;

function toBytes(content: FileContent, name: string): UploadSource {
  if (typeof content !== 'string') return content;
  if (content.isWellFormed()) return Buffer.from(content, 'utf8');
  throw new AirlockError('invalid_params', `Cannot submit ${name}: it holds half a character, which UTF-8 cannot hold`);
}

/** Puts each file where it fits. */
function makePacker({ limits, capabilities }: Pick<Session, 'limits' | 'capabilities'>) {
  const upload = new Map<number, UploadSource>();
  let roomBytes = limits.inline;

  function stream(name: string, source: UploadSource): Pick<Params, 'stream'> {
    if (!capabilities.includes('streams')) {
      const message = `Cannot submit ${name}: the server takes no streams, and at most ${limits.inline} bytes inside a call`;
      throw new AirlockError('too_large', message, { data: { limit: limits.inline } });
    }
    const number = upload.size * 2 + 1;
    upload.set(number, source);
    return { stream: number };
  }

  function pack(name: string, source: UploadSource): Pick<Params, 'contentBase64' | 'stream'> {
    if (!(source instanceof Uint8Array) || source.byteLength > roomBytes) return stream(name, source);
    roomBytes -= source.byteLength;
    // Text as well: its escapes could need more room in a frame than a call has.
    return { contentBase64: Buffer.from(source.buffer, source.byteOffset, source.byteLength).toString('base64') };
  }

  return { pack, upload };
}

function sizeAndHash(source: UploadSource): Pick<Params, 'size' | 'sha256'> {
  if (!(source instanceof Uint8Array)) return {};
  return { size: source.byteLength, sha256: createHash('sha256').update(source).digest('hex') };
}

/** Time for what is sent; a source that does not say its size may be as large as any. */
function deadlineFor(sources: readonly UploadSource[], sizeBytes: number | undefined, limitBytes: number): number {
  const sizes = sources.map((source) => (source instanceof Uint8Array ? source.byteLength : (sizeBytes ?? limitBytes)));
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  return BASE_DEADLINE_MS + Math.ceil(bytes / SLOWEST_BYTES_PER_MS);
}

/**
 * Hand over a file, as {@link Submit}.
 *
 * @throws {AirlockError} invalid_params for text that UTF-8 cannot hold; too_large when it needs a stream and the server takes none;
 * whatever the call throws.
 */
export async function submitFile(
  { call, session }: SubmitDeps,
  { content, companions = [], ...file }: SubmittedFile,
  options: SubmitOptions,
): Promise<Result> {
  const told = session();
  const { pack, upload } = makePacker(told);
  const main = toBytes(content, file.name);
  const others = companions.map(({ name, content: bytes }) => ({ name, source: toBytes(bytes, name) }));
  const params: Params = {
    ...sizeAndHash(main),
    ...file,
    ...pack(file.name, main),
    ...(others.length === 0 ? {} : { companions: others.map(({ name, source }) => ({ name, ...pack(name, source) })) }),
  };
  const sources = [main, ...others.map(({ source }) => source)];
  const deadlineMs = deadlineFor(sources, file.size, told.limits.report);
  return await call('report/submit', params, { deadlineMs, ...options, upload });
}
