// Starts a daemon that outlives the command, and comes back when it answers or has ended.

import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import type { Client } from '../../client/connect.ts';
import { AirlockError, ERROR_CODES, isErrorCode } from '../../core/errors.ts';
import type { CliContext } from '../context.ts';
import { connectDaemon, connectWhenUp } from '../daemon-link.ts';
import { type DaemonLog, openDaemonLog } from './daemon-log.ts';

/** How a start ended; `client` is connected, and the caller's to dispose. */
export type StartOutcome =
  | { readonly kind: 'started'; readonly client: Client; readonly pid: number; readonly log: string }
  | { readonly kind: 'running'; readonly client: Client }
  | {
      readonly kind: 'failed';
      readonly error: AirlockError;
      /** The daemon's own, or that of a time that is over. */
      readonly exitCode: number;
      readonly lastLines: readonly string[];
    };

type FailedStart = Extract<StartOutcome, { readonly kind: 'failed' }>;

/** `set`: `--set key=value` for this run. */
export type StartOptions = { readonly timeoutMs: number; readonly set: readonly string[] };

/** How the process that was started ended, before it answered. */
type EarlyEnd = { readonly kind: 'ended'; readonly code: number | null; readonly stdout: string };

const launcher = path.resolve(import.meta.dirname, '../../../bin/airlock.cjs');
const MAX_DOCUMENT_CHARS = 256 * 1024;

function launch({ sameHome, env }: CliContext, log: DaemonLog, set: readonly string[]): ChildProcess {
  const { AIRLOCK_LAUNCHER: _launcher, ...own } = env;
  const settings = set.flatMap((setting) => ['--set', setting]);
  return spawn(process.execPath, [launcher, ...sameHome, '--json', 'run', ...settings], {
    // A group and a session of its own: neither Ctrl-C nor the end of the terminal reaches it.
    detached: true,
    windowsHide: true,
    // With --json the one thing that `run` ever writes to stdout is why it did not start.
    stdio: ['ignore', 'pipe', log.fd],
    env: own,
  });
}

function whenEnded(child: ChildProcess): Promise<EarlyEnd> {
  const { promise, resolve, reject } = Promise.withResolvers<EarlyEnd>();
  let stdout = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout = (stdout + text).slice(0, MAX_DOCUMENT_CHARS);
  });
  child.once('error', reject);
  child.once('close', (code) => resolve({ kind: 'ended', code, stdout }));
  return promise;
}

function readFailure(stdout: string): AirlockError | null {
  try {
    const document: unknown = JSON.parse(stdout);
    const error: unknown = typeof document === 'object' && document !== null ? Reflect.get(document, 'error') : null;
    if (typeof error !== 'object' || error === null) return null;
    const [code, message, details] = [
      Reflect.get(error, 'code'),
      Reflect.get(error, 'message'),
      Reflect.get(error, 'details'),
    ];
    if (typeof code !== 'string' || !isErrorCode(code)) return null;
    return new AirlockError(code, String(message), Array.isArray(details) ? { data: { findings: details } } : {});
  } catch {
    // It ended without a word on stdout: its log has to say why.
    return null;
  }
}

function toFailure({ code, stdout }: EarlyEnd): AirlockError {
  const how = code === null ? 'was killed' : `ended with exit code ${code}`;
  return readFailure(stdout) ?? new AirlockError('internal', `Cannot start: the daemon ${how} before it answered`);
}

async function connectRunning(context: CliContext): Promise<Client | null> {
  try {
    return await connectDaemon(context);
  } catch (error) {
    if (error instanceof AirlockError && error.code === 'not_running') return null;
    throw error;
  }
}

async function awaitDaemon(
  context: CliContext,
  child: ChildProcess,
  { timeoutMs }: StartOptions,
): Promise<Client | EarlyEnd> {
  const stop = new AbortController();
  const signal = AbortSignal.any([context.signal, stop.signal]);
  const ended = whenEnded(child);
  const client = connectWhenUp({ ...context, signal }, { timeoutMs });
  // Race: whichever loses must neither hold the process nor end it as an unhandled rejection.
  for (const one of [client, ended]) one.catch(() => undefined);
  const first = await Promise.race([client, ended]);
  if ('kind' in first) stop.abort(new Error('the daemon has ended'));
  return first;
}

/** It neither answers nor has ended: it is left to go on, and whoever looks after it is told where to look. */
async function toTimedOut(error: unknown, { pid }: ChildProcess, log: DaemonLog): Promise<FailedStart> {
  if (!(error instanceof AirlockError) || error.code !== 'deadline_exceeded') throw error;
  const message = `Cannot start: nobody answered in time; process ${pid ?? '?'} goes on, its log is ${log.path}`;
  const late = new AirlockError('deadline_exceeded', message, { cause: error });
  return { kind: 'failed', error: late, exitCode: late.exitCode, lastLines: await log.lastLines() };
}

function letGo(child: ChildProcess): void {
  child.stdout?.destroy();
  child.unref();
}

/**
 * Start a daemon in the background, unless one runs; of two starts at once one starts it and the other finds it running.
 *
 * @param context - The command's.
 * @returns `failed` also when it neither answers nor ends in time: with `deadline_exceeded`, and it is left to go on.
 * @throws {AirlockError} cannot_write, unavailable when there can be no log.
 * @throws `signal.reason` when interrupted: the daemon is left to go on.
 */
export async function startDaemon(context: CliContext, options: StartOptions): Promise<StartOutcome> {
  const running = await connectRunning(context);
  if (running !== null) return { kind: 'running', client: running };
  await using log = await openDaemonLog(context.places);
  const child = launch(context, log, options.set);
  try {
    const first = await awaitDaemon(context, child, options).catch((error: unknown) => toTimedOut(error, child, log));
    if ('error' in first) return first;
    if (!('kind' in first)) {
      // Race: the one that answers may be another start's; ours then ends by itself with "already running".
      const pid = (await first.call('status/get', {})).pid;
      return pid === child.pid
        ? { kind: 'started', client: first, pid, log: log.path }
        : { kind: 'running', client: first };
    }
    const error = toFailure(first);
    if (error.code === 'already_running') return { kind: 'running', client: await connectWhenUp(context, options) };
    const exitCode = first.code ?? ERROR_CODES.internal.exit;
    return { kind: 'failed', error, exitCode, lastLines: await log.lastLines() };
  } finally {
    letGo(child);
  }
}
