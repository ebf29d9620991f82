// The sealed runner: reads frames, runs one job at a time, and ends by SIGKILL to itself when anything is not as it must be.

import process from 'node:process';
import {
  CAPS_IN,
  type DoneMessage,
  type FailMessage,
  FRAME_IN,
  FRAME_OUT,
  type Frame,
  type FrameType,
  INDEX_BYTES,
  type JobMessage,
  type LoadMessage,
  type ProbeMessage,
  type ReadyMessage,
} from '../sandbox/channel.ts';
import { openChannel } from './channel-io.ts';
import { makeDecoder } from './decode.ts';
import { type HostFunctions, makeHostFunctions, type Stop } from './host-functions.ts';
import { type Engine, type Isolate, loadEngine } from './isolate.ts';
import { observeWalls } from './observe-walls.ts';
import { compileRealmScripts, prepareRealm, type Realm, type RealmScripts } from './realm.ts';
import { type JobEnd, runJob } from './run-job.ts';
import { type ProbeEnd, runProbe } from './run-probe.ts';

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

function encodeIndex(index: number): Buffer {
  const payload = Buffer.alloc(INDEX_BYTES);
  payload.writeUInt32BE(index);
  return payload;
}

/** Trust: written by the daemon; anything else than the answer to this very question means that one of the two is broken. */
function fetchFor(jobId: number): (index: number) => Buffer | null {
  return (index) => {
    channel.write(FRAME_OUT.pull, jobId, encodeIndex(index));
    const frame = channel.read();
    if (frame === null || frame.job !== jobId) die();
    const { type, payload } = frame;
    if (index === 0 && type === FRAME_IN.eof) return null;
    if (index === 0 && type === FRAME_IN.data) return payload;
    if (type !== FRAME_IN.companion || payload.length < INDEX_BYTES || payload.readUInt32BE(0) !== index) die();
    return payload.length === INDEX_BYTES ? null : payload.subarray(INDEX_BYTES);
  };
}

function cpuMsOf(isolate: Isolate): number {
  return isolate.isDisposed ? 0 : Number(isolate.cpuTime / 1_000n) / 1_000;
}

type Send = (type: FrameType, payload: Uint8Array) => void;

const sendFor =
  (jobId: number): Send =>
  (type, payload) =>
    channel.write(type, jobId, payload);

/** A stopped runner is replaced: nothing inside is touched any more. */
function stopAt(send: Send, stop: Stop): never {
  send(FRAME_OUT.fail, toJson({ kind: 'stopped', ...stop } satisfies FailMessage));
  die();
}

function makeHost(send: Send, jobId: number, job: JobMessage): { host: HostFunctions; encoding: () => string | null } {
  const { mode, encoding, limits } = job;
  const decoders = [job.input, ...job.companions].map(({ isUtf8 }) => makeDecoder({ mode, encoding, isUtf8 }));
  const onStop = (stop: Stop): never => stopAt(send, stop);
  const host = makeHostFunctions({ send, fetch: fetchFor(jobId), decoders, onStop }, limits);
  return { host, encoding: () => decoders[0]?.encoding() ?? null };
}

/** Run something in a fresh context; afterwards the next one is made, off the way of the next file. */
function withRealm<T extends { readonly kind: string }>(loaded: Loaded, use: (realm: Realm) => T): void {
  const { isolate, scripts } = loaded;
  const realm = loaded.nextRealm ?? prepareRealm(isolate, scripts);
  loaded.nextRealm = null;
  if (use(realm).kind === 'stopped') return;
  realm.release();
  loaded.nextRealm = prepareRealm(isolate, scripts);
}

function convert({ files, isolate }: Loaded, realm: Realm, { job: jobId, payload }: Frame): JobEnd {
  const job = JSON.parse(payload.toString('utf8')) as JobMessage;
  const send = sendFor(jobId);
  const { host, encoding } = makeHost(send, jobId, job);
  const cpuBeforeMs = cpuMsOf(isolate);
  const onStarted = (): void => send(FRAME_OUT.started, Buffer.alloc(0));

  const end = runJob({ isolate, realm, host, monotonicMs, onStarted }, job, files);

  if (end.kind !== 'done') send(FRAME_OUT.fail, toJson(end));
  else {
    const heapBytes = isolate.getHeapStatisticsSync().used_heap_size;
    const done: DoneMessage = { encoding: encoding(), cpuMs: cpuMsOf(isolate) - cpuBeforeMs, heapBytes };
    send(FRAME_OUT.done, toJson(done));
  }
  return end;
}

function probe({ files, isolate }: Loaded, realm: Realm, { job: jobId, payload }: Frame): ProbeEnd {
  const message = JSON.parse(payload.toString('utf8')) as ProbeMessage;
  const send = sendFor(jobId);
  const onStarted = (): void => send(FRAME_OUT.started, Buffer.alloc(0));
  const end = runProbe({ isolate, realm, monotonicMs, onStarted }, message, files);
  if (end.kind === 'probed') send(FRAME_OUT.probed, toJson(end.answer));
  else send(FRAME_OUT.fail, toJson(end));
  return end;
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
      continue;
    }
    if (loaded === null) die();
    const { type } = frame;
    const held = loaded;
    if (type === FRAME_IN.job) withRealm(held, (realm) => convert(held, realm, frame));
    else if (type === FRAME_IN.probe) withRealm(held, (realm) => probe(held, realm, frame));
    else die();
  }
}

async function main([addonPath = '', mode = '']: readonly string[]): Promise<never> {
  const engine = loadEngine(addonPath);
  const observed = mode === OBSERVE ? await observeWalls() : null;
  channel.write(FRAME_OUT.ready, 0, toJson({ observed } satisfies ReadyMessage));
  serve(engine);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  // For the daemon's log only; no guest runs any more.
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  die();
});
