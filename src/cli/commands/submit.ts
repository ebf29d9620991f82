// airlock submit: send files to the daemon, and with --wait follow them to their end.

import { createHash, randomUUID } from 'node:crypto';
import { addAbortSignal, Readable } from 'node:stream';
import type { Client } from '../../client/connect.ts';
import { AirlockError } from '../../core/errors.ts';
import type { ResultOf } from '../../protocol/method-spec.ts';
import type { reportSubmit } from '../../protocol/methods/report-submit.ts';
import type { CliContext, Command } from '../context.ts';
import { connectDaemon, connectWhenUp } from '../daemon-link.ts';
import { toAirlockError } from '../output.ts';
import { expandFiles, nameFile } from '../submit/files.ts';
import type { NewestSubmissions } from '../submit/follow.ts';
import { type FollowClient, followOn } from '../submit/follow-on.ts';
import { endOf, exitCodeOf, type SubmitEnd, type SubmitLine, toRefusedLine, toSubmitLine } from '../submit/result.ts';
import { printSubmitLine } from '../submit/print.ts';
import { type SendClient, sendFile, type SendOptions } from '../submit/send.ts';

/** Arguments of `submit`. */
export type SubmitArguments = {
  readonly files: readonly string[];
  readonly name: string | null;
  readonly converter: string | null;
  readonly arguments: Readonly<Record<string, string>>;
  /** Wait for the end, at most so long; null = answer as soon as everything is durable. */
  readonly waitMs: number | null;
  readonly idempotencyKey: string | null;
  readonly priority: number | null;
  /** Files that belong to the one file that is sent. */
  readonly companions: readonly string[];
  readonly stdin: AsyncIterable<Uint8Array>;
};

type Accepted = ResultOf<typeof reportSubmit>;

/** A file after the sending: taken in, or why not. */
export type Sent =
  | { readonly kind: 'taken'; readonly file: string; readonly accepted: Accepted }
  | { readonly kind: 'refused'; readonly file: string; readonly error: AirlockError };

// One key for several files would be a conflict at the second: each file gets one of its own, derived from the key and its place.
function keyOf(given: string | null, index: number): string {
  if (given === null) return randomUUID();
  if (index === 0) return given;
  const hex = createHash('sha256').update(`${given}\n${index}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function filesOf(client: SendClient, input: SubmitArguments) {
  const limits = { limit: client.limits.report, inline: client.limits.inline };
  const { stdin, name, companions } = input;
  const files = expandFiles(input.files, { ...limits, stdin, name });
  const option = name === null ? '--companion' : '--name';
  if ((name !== null || companions.length > 0) && files.length !== 1) {
    throw new AirlockError(
      'usage',
      `Cannot submit with ${option}: it needs exactly one file, there are ${files.length}`,
    );
  }
  return { files, companions: companions.map((file) => nameFile(file, { ...limits, name: null })) };
}

/**
 * Send files one after the other; a file that cannot be read or is refused does not stop the others.
 *
 * @param client - An open connection with `submit`.
 * @param input - What to send and how.
 * @param options - See {@link SendOptions}; once `signal` is aborted nothing more is sent.
 * @throws {AirlockError} file_unreadable when a pattern matches nothing; usage for a name or companions of several files.
 */
export async function sendFiles(
  client: SendClient,
  input: SubmitArguments,
  options: SendOptions = {},
): Promise<readonly Sent[]> {
  const { signal } = options;
  const { files, companions } = filesOf(client, input);
  const sent: Sent[] = [];
  let current = client;
  for (const [index, main] of files.entries()) {
    const wishes = { ...input, idempotencyKey: keyOf(input.idempotencyKey, index) };
    try {
      const done = await sendFile(current, { main, companions, wishes }, options);
      current = done.client;
      sent.push({ kind: 'taken', file: main.file, accepted: done.accepted });
    } catch (error) {
      // The interrupt is told by the command, once, and not as a refusal of the file that was being read.
      if (signal?.aborted !== true) sent.push({ kind: 'refused', file: main.file, error: toAirlockError(error) });
    }
    if (signal?.aborted === true) break;
  }
  return sent;
}

function toReceivedLine(file: string, { submissionId }: Accepted): SubmitLine {
  return { file, submissionId, state: 'received', converter: null, reports: [], warnings: [] };
}

/**
 * Print one line a file: as it was seen last, `received` where nothing was seen of it since it was taken in.
 *
 * @returns What became of each; null where nothing was seen.
 */
function tellSent(
  { output }: CliContext,
  sent: readonly Sent[],
  newest: NewestSubmissions,
): readonly (SubmitEnd | null)[] {
  return sent.map((item) => {
    if (item.kind === 'refused') {
      printSubmitLine(output, toRefusedLine(item.file, item.error));
      return 'refused';
    }
    const submission = newest.get(item.accepted.submissionId);
    const line =
      submission === undefined ? toReceivedLine(item.file, item.accepted) : toSubmitLine(item.file, submission);
    printSubmitLine(output, item.accepted.duplicate ? { ...line, duplicate: true } : line);
    return submission === undefined ? null : endOf(submission);
  });
}

function firstRefusal(sent: readonly Sent[]): AirlockError | null {
  return sent.find((item) => item.kind === 'refused')?.error ?? null;
}

type Waiting = { readonly sent: readonly Sent[]; readonly waitMs: number; readonly client: FollowClient };

/** Give it what is left of the time: whoever waits for files waits for a daemon that is restarted too. */
async function reconnectWithin(context: CliContext, stack: AsyncDisposableStack, timeoutMs: number): Promise<Client> {
  try {
    return stack.use(await connectWhenUp(context, { timeoutMs: Math.max(0, Math.round(timeoutMs)) }));
  } catch (cause) {
    if (!(cause instanceof AirlockError) || cause.code !== 'deadline_exceeded') throw cause;
    const message = 'Cannot wait any longer: the daemon went away, and nobody answered in time';
    throw new AirlockError('deadline_exceeded', message, { cause });
  }
}

async function waitAndTell(context: CliContext, { sent, waitMs, client }: Waiting): Promise<number> {
  await using stack = new AsyncDisposableStack();
  const { clock, output } = context;
  const ids = sent.flatMap((item) => (item.kind === 'taken' ? [item.accepted.submissionId] : []));
  const endMs = clock.monotonicMs() + waitMs;
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(waitMs)]);
  let changes = 0;
  const onChange = (): void => output.progress(`waiting: ${(changes += 1)} changes, ${ids.length} files`);
  const newest: NewestSubmissions = new Map();
  const reconnect = (): Promise<Client> => reconnectWithin(context, stack, endMs - clock.monotonicMs());
  const failure = await followOn({ client, reconnect }, ids, { signal, onChange, newest }).then(
    () => null,
    (error: unknown) => ({ error }),
  );
  output.progress('');
  // Order: the lines first. What was acknowledged is durable, and without its id nobody could ask for it again.
  const ends = tellSent(context, sent, newest).map((end) => end ?? 'open');
  context.signal.throwIfAborted();
  if (failure !== null) throw failure.error;
  return exitCodeOf(ends, firstRefusal(sent));
}

/** How long a daemon that went away is waited for while files are sent. */
const RENEW_MS = 30_000;

/**
 * One line per file, also for what was taken in before the daemon went away. Exit codes: see {@link exitCodeOf}.
 *
 * @throws {AirlockError} deadline_exceeded when the daemon goes away while files are waited for and does not come back in time.
 */
export const submit: Command<SubmitArguments> = async (context, input) => {
  const { signal } = context;
  if (input.stdin instanceof Readable) addAbortSignal(signal, input.stdin);
  await using stack = new AsyncDisposableStack();
  let client = stack.use(await connectDaemon(context));
  const renew = async (): Promise<Client> => {
    client = stack.use(await connectWhenUp(context, { timeoutMs: RENEW_MS }));
    return client;
  };
  const sent = await sendFiles(client, input, { signal, renew });
  if (input.waitMs !== null) return await waitAndTell(context, { sent, waitMs: input.waitMs, client });
  const ends = tellSent(context, sent, new Map()).map((end) => end ?? 'done');
  signal.throwIfAborted();
  return exitCodeOf(ends, firstRefusal(sent));
};
