// Signals and the launcher's end, turned into the wish to stop. A second signal ends the process by force.

import { fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';
import { ERROR_CODES, isSystemError } from '../core/errors.ts';
import type { StopRequests } from './stop-request.ts';

/** Descriptor that a launcher holds open for as long as it lives. */
const LAUNCHER_DESCRIPTOR = 3;

/**
 * With a launcher in between, Ctrl-C at a terminal and a supervisor that signals the whole group reach this process twice: by
 * themselves and passed on. A signal that comes so soon after its like is the same wish.
 */
const ECHO_MS = 500;

/** What the signals need. */
export type SignalDeps = {
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly log: Logger & { readonly flush: () => void };
  readonly stops: StopRequests;
  readonly graceMs: number;
  /** Was this process started by the launcher? */
  readonly hasLauncher: boolean;
};

/**
 * Listen to SIGTERM, SIGINT, SIGHUP and the launcher.
 *
 * @returns Dispose to stop listening.
 */
export function listenToSignals({ clock, log, stops, graceMs, hasLauncher }: SignalDeps): Disposable {
  let last: { readonly signal: NodeJS.Signals; readonly atMs: number } | null = null;
  const isEcho = (signal: NodeJS.Signals): boolean =>
    hasLauncher && last?.signal === signal && clock.monotonicMs() - last.atMs < ECHO_MS;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (isEcho(signal)) return;
    last = { signal, atMs: clock.monotonicMs() };
    // The first signal while the daemon is about to begin anew: the drain goes on, and it stays down.
    if (!stops.isAsked() || stops.isRestart()) return stops.ask({ reason: signal, graceMs });
    log.warn({ signal }, 'second signal: ended by force, what is queued stays queued');
    log.flush();
    process.exit(ERROR_CODES.cancelled.exit);
  };
  const onHangUp = (): void =>
    log.warn({}, 'SIGHUP: the configuration is read at start only so far; restart to apply a change');
  // Taken so that it does not end the process: a file over RLIMIT_FSIZE is then an error of that write, EFBIG.
  const onFileSize = (): void => log.error({}, 'SIGXFSZ: a file passed the limit that the system sets for files');
  if (process.platform !== 'win32') process.on('SIGXFSZ', onFileSize);
  process.on('SIGTERM', onSignal).on('SIGINT', onSignal).on('SIGHUP', onHangUp);
  const launcher = hasLauncher ? watchLauncher(() => stops.ask({ reason: 'launcher gone', graceMs })) : null;
  return {
    [Symbol.dispose]: () => {
      process.off('SIGXFSZ', onFileSize);
      process.off('SIGTERM', onSignal).off('SIGINT', onSignal).off('SIGHUP', onHangUp);
      launcher?.destroy();
    },
  };
}

/** A pipe or a socket: what a launcher leaves there. Anything else, or nothing, is no launcher's. Asked at the start. */
export function isLauncherThere(): boolean {
  try {
    const stats = fstatSync(LAUNCHER_DESCRIPTOR);
    return stats.isFIFO() || stats.isSocket();
  } catch (error) {
    if (isSystemError(error, 'EBADF')) return false;
    throw error;
  }
}

function watchLauncher(onGone: () => void): Socket | null {
  if (!isLauncherThere()) return null;
  const launcher = new Socket({ fd: LAUNCHER_DESCRIPTOR, readable: true, writable: false });
  // Race: an error here is the launcher's end seen in another way; `close` follows it.
  launcher.on('error', () => undefined);
  launcher.once('close', onGone);
  launcher.resume();
  launcher.unref();
  return launcher;
}
