// Sends one file with its companions: small ones inside the call, large ones as streams, again after a lost connection.

import { createHash } from 'node:crypto';
import type { Client } from '../../client/connect.ts';
import { AirlockError } from '../../core/errors.ts';
import type { ParamsInputOf, ResultOf } from '../../protocol/method-spec.ts';
import type { reportSubmit } from '../../protocol/methods/report-submit.ts';
import type { FileContent, NamedFile } from './files.ts';

/** What is sent with the bytes. */
export type SubmitWishes = {
  readonly idempotencyKey: string;
  readonly converter: string | null;
  readonly arguments: Readonly<Record<string, string>>;
  readonly priority: number | null;
};

/** What sending needs of a connection. */
export type SendClient = Pick<Client, 'call' | 'limits'>;

/** Options of {@link sendFile}. */
export type SendOptions = {
  readonly signal?: AbortSignal | undefined;
  /** Connect again; without it a lost connection is a failure. */
  readonly renew?: (() => Promise<SendClient>) | undefined;
};

type Accepted = ResultOf<typeof reportSubmit>;
type Params = ParamsInputOf<typeof reportSubmit>;

const MAX_RENEWALS = 3;
const BASE_DEADLINE_MS = 60_000;
/** A disk that takes less than this is as good as none. */
const SLOWEST_BYTES_PER_MS = 256;

/** Puts each file where it fits: inside the call while there is room, else into a stream of its own. */
function makePacker(inlineBytes: number) {
  const upload = new Map<number, AsyncIterable<Uint8Array>>();
  let roomBytes = inlineBytes;
  let streamedBytes = 0;

  function pack(content: FileContent): Pick<Params, 'contentBase64' | 'stream'> {
    if (content.kind === 'inline' && content.bytes.byteLength <= roomBytes) {
      const { buffer, byteOffset, byteLength } = content.bytes;
      roomBytes -= byteLength;
      return { contentBase64: Buffer.from(buffer, byteOffset, byteLength).toString('base64') };
    }
    const stream = upload.size * 2 + 1;
    upload.set(
      stream,
      content.kind === 'inline'
        ? (async function* () {
            yield content.bytes;
          })()
        : content.bytes,
    );
    streamedBytes += content.kind === 'inline' ? content.bytes.byteLength : (content.size ?? inlineBytes);
    return { stream };
  }

  return { pack, upload, streamedBytes: () => streamedBytes };
}

function sizeAndHash(content: FileContent): Pick<Params, 'size' | 'sha256'> {
  if (content.kind === 'stream') return content.size === null ? {} : { size: content.size };
  return { size: content.bytes.byteLength, sha256: createHash('sha256').update(content.bytes).digest('hex') };
}

function wishesOf({ idempotencyKey, converter, arguments: given, priority }: SubmitWishes) {
  return {
    idempotencyKey,
    ...(converter === null ? {} : { converter }),
    ...(Object.keys(given).length === 0 ? {} : { arguments: { ...given } }),
    ...(priority === null ? {} : { priority }),
  };
}

async function sendOnce(
  client: SendClient,
  { main, companions, wishes }: Sending,
  { signal }: SendOptions,
): Promise<Accepted> {
  await using stack = new AsyncDisposableStack();
  const { content } = stack.use(await main.open());
  const packer = makePacker(client.limits.inline);
  const own = { name: main.name, ...sizeAndHash(content), ...packer.pack(content) };
  const others: NonNullable<Params['companions']> = [];
  for (const companion of companions) {
    const opened = stack.use(await companion.open());
    others.push({ name: companion.name, ...packer.pack(opened.content) });
  }
  const params = { ...own, ...wishesOf(wishes), ...(others.length === 0 ? {} : { companions: others }) };
  const deadlineMs = BASE_DEADLINE_MS + Math.ceil(packer.streamedBytes() / SLOWEST_BYTES_PER_MS);
  return await client.call('report/submit', params, { signal, deadlineMs, upload: packer.upload });
}

/** A file with what belongs to it. */
export type Sending = {
  readonly main: NamedFile;
  readonly companions: readonly NamedFile[];
  readonly wishes: SubmitWishes;
};

/**
 * Is the connection gone? Nobody knows then whether a file was taken; sending it again under the same key is right either way.
 *
 * @param error - Anything caught.
 */
export function isLost(error: unknown): boolean {
  if (!(error instanceof AirlockError)) return false;
  return error.code === 'shutting_down' || error.data.reason === 'connection_lost';
}

/**
 * Send one file, and again after a lost connection.
 *
 * @param client - An open connection with `submit`.
 * @param sending - What to send.
 * @param options - See {@link SendOptions}.
 * @returns The answer, and the connection that it came by.
 * @throws {AirlockError} file_unreadable; unavailable when the connection stays lost; or whatever the daemon answered.
 */
export async function sendFile(
  client: SendClient,
  sending: Sending,
  options: SendOptions,
): Promise<{ readonly accepted: Accepted; readonly client: SendClient }> {
  let current = client;
  for (let renewals = 0; ; renewals += 1) {
    try {
      return { accepted: await sendOnce(current, sending, options), client: current };
    } catch (error) {
      const { renew } = options;
      const mayRepeat = renewals < MAX_RENEWALS && sending.main.isRepeatable && options.signal?.aborted !== true;
      if (renew === undefined || !mayRepeat || !isLost(error)) throw error;
      current = await renew();
    }
  }
}
