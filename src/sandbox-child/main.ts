// The sealed runner: reads frames, runs one job at a time, and ends by SIGKILL to itself when anything is not as it must be.

import process from 'node:process';
import {
  CAPS_IN,
  type DoneMessage,
  FRAME_IN,
  FRAME_OUT,
  type JobMessage,
  type LoadMessage,
  type ReadyMessage,
} from '../sandbox/channel.ts';
import { openChannel } from './channel-io.ts';
import { makeDecoder } from './decode.ts';
import { makeHostFunctions } from './host-functions.ts';
import { type Engine, type Isolate, loadEngine } from './isolate.ts';
import { observeWalls } from './observe-walls.ts';
import { compileRealmScripts, prepareRealm, type Realm, type RealmScripts } from './realm.ts';
import { runJob } from './run-job.ts';

/** Argument that makes a runner look around once before it waits for guests. */
const OBSERVE = '--observe';

type Loaded = {
  readonly files: LoadMessage;
  readonly isolate: Isolate;
  readonly scripts: RealmScripts;
  /** Made ahead of its job, so that its cost is not on the way of a file. */
  nextRealm: Realm | null;
};

const channel = openChannel(CAPS_IN);
const monotonicMs = (): number => performance.now();

/** A runner never disposes and continues, and never runs exit handlers. */
function die(): never {
  process.kill(process.pid, 'SIGKILL');
  process.abort();
}

const toJson = (message: object): Buffer => Buffer.from(JSON.stringify(message), 'utf8');

function load(engine: Engine, payload: Buffer): Loaded {
  // Trust: written by the daemon.
  const files = JSON.parse(payload.toString('utf8')) as LoadMessage;
  const isolate = engine.makeIsolate(files.heapBytes);
  const scripts = compileRealmScripts(isolate, files.guest);
  return { files, isolate, scripts, nextRealm: prepareRealm(isolate, scripts) };
}

function fetchFor(jobId: number): () => Buffer | null {
  return () => {
    channel.write(FRAME_OUT.pull, jobId, Buffer.alloc(0));
    const frame = channel.read();
    if (frame === null || frame.job !== jobId) die();
    if (frame.type === FRAME_IN.eof) return null;
    return frame.type === FRAME_IN.data ? frame.payload : die();
  };
}

function cpuMsOf(isolate: Isolate): number {
  return isolate.isDisposed ? 0 : Number(isolate.cpuTime / 1_000n) / 1_000;
}

function run(loaded: Loaded, jobId: number, payload: Buffer): void {
  const job = JSON.parse(payload.toString('utf8')) as JobMessage;
  const { isolate, scripts, files } = loaded;
  const realm = loaded.nextRealm ?? prepareRealm(isolate, scripts);
  loaded.nextRealm = null;
  const decoder = makeDecoder({ mode: job.input.mode, encoding: job.encoding, isUtf8: job.isUtf8 });
  const send = (type: Parameters<typeof channel.write>[0], bytes: Uint8Array): void =>
    channel.write(type, jobId, bytes);
  const host = makeHostFunctions({ send, fetch: fetchFor(jobId), decoder }, job.limits);
  const cpuBeforeMs = cpuMsOf(isolate);

  const end = runJob(
    { isolate, realm, host, monotonicMs, onStarted: () => send(FRAME_OUT.started, Buffer.alloc(0)) },
    job,
    files,
  );

  if (end.kind !== 'done') send(FRAME_OUT.fail, toJson(end));
  else {
    const heapBytes = isolate.getHeapStatisticsSync().used_heap_size;
    const done: DoneMessage = { encoding: decoder.encoding(), cpuMs: cpuMsOf(isolate) - cpuBeforeMs, heapBytes };
    send(FRAME_OUT.done, toJson(done));
  }
  // A stopped runner is replaced: nothing inside is touched any more.
  if (end.kind === 'stopped') return;
  realm.release();
  loaded.nextRealm = prepareRealm(isolate, scripts);
}

function serve(engine: Engine): never {
  let loaded: Loaded | null = null;
  for (;;) {
    const frame = channel.read();
    if (frame === null) die();
    if (frame.type === FRAME_IN.load) {
      // Order: the old isolate goes first, so that two heaps are never held at once.
      loaded?.isolate.dispose();
      loaded = load(engine, frame.payload);
    } else if (frame.type === FRAME_IN.job && loaded !== null) run(loaded, frame.job, frame.payload);
    else die();
  }
}

function main([addonPath = '', mode = '']: readonly string[]): void {
  const engine = loadEngine(addonPath);
  const observed = mode === OBSERVE ? observeWalls() : null;
  channel.write(FRAME_OUT.ready, 0, toJson({ observed } satisfies ReadyMessage));
  serve(engine);
}

try {
  main(process.argv.slice(2));
} catch (error) {
  // For the daemon's log only; no guest runs any more.
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  die();
}
