// One sealed process and its two pipes: spawns it, cuts its output into frames, kills it.

import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { constants } from 'node:os';
import nodeProcess from 'node:process';
import { type Readable, Writable } from 'node:stream';
import type { Clock } from '../core/clock.ts';
import { CAPS_OUT, encodeHeader, type Frame, type FrameType, makeFrameReader } from './channel.ts';
import type { Command } from './walls/environment.ts';

/** How a process ended. `signal` is a name such as `SIGKILL`, or `exit 1`. */
export type ProcessEnd = { readonly signal: string; readonly isSignal: boolean };

/** Who listens to a process now. */
export type ProcessListener = {
  readonly onFrame: (frame: Frame) => void;
  /** The bytes are no frames: the process was killed. */
  readonly onBroken: (reason: string) => void;
  /** It is gone, by whatever hand. */
  readonly onClosed: (end: ProcessEnd) => void;
};

/** A running process. It is killed, never asked. */
export type RunnerProcess = {
  readonly pid: number;
  /** Write one frame. `onSent`: the system took all of it, or the process is gone. */
  readonly send: (
    frame: { readonly type: FrameType; readonly job: number; readonly payload: Uint8Array },
    onSent?: () => void,
  ) => void;
  /** Frames that nobody listens to kill the process: an idle runner has nothing to say. */
  readonly listen: (listener: ProcessListener | null) => void;
  readonly kill: () => void;
  /** Was it killed by this side? */
  readonly isKilled: () => boolean;
  /** Settles once, when the process and its pipes are gone; never rejects. */
  readonly closed: Promise<ProcessEnd>;
  /** The first bytes of what it wrote to standard error: for the log only. */
  readonly stderr: () => string;
};

const STDERR_BYTES = 8 * 1024;
/** Somebody else may hold the pipes of a process that has exited: they are let go once nothing came twice in a row, or at the end. */
const PIPES_LOOK_MS = 100;
const PIPES_LOOKS = 100;
const STILL_LOOKS = 2;
const SIGNAL_BASE = 128;
/** Longest work on frames in one turn of the event loop; whatever else waits has its turn then. Source: sandbox.md 5. */
const TURN_MS = 5;

function signalName(number: number): string | undefined {
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0];
}

/** A wrapper such as bubblewrap tells its child's signal as an exit code above 128. */
function toEnd(code: number | null, signal: string | null): ProcessEnd {
  const name = signal ?? signalName((code ?? 0) - SIGNAL_BASE);
  return name === undefined ? { signal: `exit ${code}`, isSignal: false } : { signal: name, isSignal: true };
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

const isWindows = nodeProcess.platform === 'win32';

function giveFd3(child: Child, bytes: Uint8Array | null): void {
  const pipe = child.stdio[3];
  if (bytes === null || !(pipe instanceof Writable)) return;
  pipe.on('error', () => {
    // It ended before it read it: `closed` tells.
  });
  pipe.end(bytes);
}

/**
 * Let go of the pipes of a process that has exited.
 *
 * Race: what it wrote last may still wait here, thousands of frames taken a few at a turn; its end is among them.
 */
function releasePipes(child: Child, { clock, framesTaken }: ClosingDeps): void {
  let seen = framesTaken();
  let still = 0;
  let looks = 0;
  const look = (): void => {
    const taken = framesTaken();
    still = taken === seen ? still + 1 : 0;
    seen = taken;
    looks += 1;
    if (still < STILL_LOOKS && looks < PIPES_LOOKS) timer = clock.after(PIPES_LOOK_MS, look);
    else for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe.destroy();
  };
  let timer = clock.after(PIPES_LOOK_MS, look);
  child.once('close', () => timer[Symbol.dispose]());
}

type ClosingDeps = { readonly clock: Pick<Clock, 'after'>; readonly framesTaken: () => number };

function whenClosed(child: Child, deps: ClosingDeps): Promise<ProcessEnd> {
  return new Promise((resolve) => {
    child.once('error', () => resolve({ signal: 'spawn failed', isSignal: false }));
    child.once('exit', () => releasePipes(child, deps));
    child.once('close', (code, signal) => resolve(toEnd(code, signal)));
  });
}

function collectStderr(child: Child): () => string {
  let text = '';
  child.stderr.on('data', (chunk: Buffer) => {
    if (text.length < STDERR_BYTES) text += chunk.toString('utf8', 0, STDERR_BYTES);
  });
  return () => text;
}

type Turns = { readonly take: () => void; readonly isBehind: () => boolean };

/** Takes all that was read, in as many turns as it needs. Order: it is used up before more is read. */
function makeTurns(clock: Pick<Clock, 'monotonicMs'>, stream: Readable, takeOne: () => boolean): Turns {
  let endsMs: number | null = null;
  // Race: Node makes the stream of a process that exits flow again, so whether it is paused tells nothing.
  let isBehind = false;

  function begin(): number {
    setImmediate(() => {
      endsMs = null;
      if (isBehind) takeAll();
    });
    return clock.monotonicMs() + TURN_MS;
  }

  function takeAll(): void {
    endsMs ??= begin();
    isBehind = false;
    while (takeOne()) {
      if (clock.monotonicMs() < endsMs) continue;
      isBehind = true;
      stream.pause();
      return;
    }
    stream.resume();
  }

  return { take: takeAll, isBehind: () => isBehind };
}

function spawnChild({ file, args, cwd, env, fd3 }: Command): Child {
  const child = spawn(file, args, {
    cwd,
    env: { ...env },
    stdio: ['pipe', 'pipe', 'pipe', ...(fd3 === null ? [] : ['pipe' as const])],
    windowsHide: true,
    // A session of its own: a signal to the daemon's process group is not for runners. On Windows this would open a window.
    detached: !isWindows,
  });
  giveFd3(child, fd3);
  return child;
}

/**
 * Spawn a sealed process.
 *
 * Order: only from the main thread (walls/privileges.ts).
 *
 * @param deps - Clock.
 * @param command - Composed of the walls.
 */
export function spawnRunner(
  deps: { readonly clock: Pick<Clock, 'after' | 'monotonicMs'> },
  command: Command,
): RunnerProcess {
  const { clock } = deps;
  const child = spawnChild(command);
  const reader = makeFrameReader(CAPS_OUT);
  let framesTaken = 0;
  const closed = whenClosed(child, { clock, framesTaken: () => framesTaken });
  // A listener, not a promise, tells a job of the death: a promise of a long-lived process would keep every job it ever had.
  void closed.then(tellClosed);
  const stderr = collectStderr(child);
  let listener: ProcessListener | null = null;
  let isKilled = false;

  function kill(): void {
    isKilled = true;
    child.kill('SIGKILL');
  }

  function onBroken(reason: string): void {
    kill();
    listener?.onBroken(reason);
  }

  function takeFrame(): boolean {
    const read = reader.next();
    if (isKilled || read.kind === 'more') return false;
    framesTaken += 1;
    if (read.kind === 'broken') onBroken(read.reason);
    else if (listener === null) onBroken('a frame outside of any job');
    else listener.onFrame(read.frame);
    return true;
  }

  child.stdin.on('error', () => {
    // The process is gone: `closed` tells.
  });
  const turns = makeTurns(clock, child.stdout, takeFrame);
  child.stdout.on('data', (chunk: Buffer) => {
    reader.push(chunk);
    turns.take();
  });

  /** Order: what it said before it went comes first; the last of it is how its job ended. */
  function tellClosed(end: ProcessEnd): void {
    if (turns.isBehind()) setImmediate(() => tellClosed(end));
    else listener?.onClosed(end);
  }

  return {
    pid: child.pid ?? 0,
    send: ({ type, job, payload }, onSent) => {
      child.stdin.cork();
      child.stdin.write(encodeHeader({ type, job, payloadBytes: payload.length }));
      child.stdin.write(payload, () => onSent?.());
      child.stdin.uncork();
    },
    listen: (next) => (listener = next),
    kill,
    isKilled: () => isKilled,
    closed,
    stderr,
  };
}
