// The store's thread: collects what waits, hands it to the engine as one group, posts what became of it.

import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { AirlockError } from '../core/errors.ts';
import { type Engine, openEngine } from './engine.ts';
import { GROUP_BYTES, GROUP_REQUESTS } from './group-commit.ts';
import { type FromStore, type StoreSetup, type ToStore, toError, toRefusal } from './messages.ts';
import type { StoreRequest } from './operations.ts';
import { attachedBytes, buffersOfSettled } from './transfer.ts';

if (parentPort === null) throw new Error('Cannot start store: this file is a worker thread');
const port = parentPort;
const post = (message: FromStore, buffers: readonly ArrayBuffer[] = []): void => port.postMessage(message, buffers);

function sizeOf(request: StoreRequest): number {
  if (request.method === 'accept') return request.args[0].bytes.byteLength;
  if (request.method !== 'endSubmission') return 0;
  const [, end] = request.args;
  const bodies = end.state === 'converted' ? end.reports.reduce((sum, { body }) => sum + body.length, 0) : 0;
  return bodies + attachedBytes(end);
}

// Everything that arrived while the last commit ran is there already: no timer, no waiting for more.
function collectGroup(first: ToStore): { readonly requests: readonly StoreRequest[]; readonly isLast: boolean } {
  const requests: StoreRequest[] = [];
  let bytes = 0;
  for (let message: ToStore | undefined = first; message !== undefined; ) {
    if (message.kind === 'close') return { requests, isLast: true };
    requests.push(message.request);
    bytes += sizeOf(message.request);
    if (requests.length >= GROUP_REQUESTS || bytes >= GROUP_BYTES) break;
    message = receiveMessageOnPort(port)?.message;
  }
  return { requests, isLast: false };
}

function serve(engine: Engine): void {
  port.on('message', (first: ToStore) => {
    const { requests, isLast } = collectGroup(first);
    engine.run(requests, (settled) => post({ kind: 'settled', ...settled }, buffersOfSettled(requests, settled)));
    if (!isLast) return;
    engine[Symbol.dispose]();
    port.close();
  });
}

function start(setup: StoreSetup): void {
  try {
    const engine = openEngine(setup);
    post({ kind: 'opened', recovered: engine.recovered });
    serve(engine);
  } catch (error) {
    const refusal =
      error instanceof AirlockError
        ? error
        : new AirlockError('unavailable', `Cannot open store: ${toError(error).message}`, {
            data: { reason: 'store_failed' },
          });
    post(toRefusal(refusal));
  }
}

start(workerData);
