// The store's thread: collects what waits, hands it to the engine as one group, posts what became of it.

import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { AirlockError } from '../core/errors.ts';
import { collectGroup } from './collect-group.ts';
import { type Engine, openEngine } from './engine.ts';
import { type FromStore, type StoreSetup, type ToStore, toError, toRefusal } from './messages.ts';
import { buffersOfSettled } from './transfer.ts';

if (parentPort === null) throw new Error('Cannot start store: this file is a worker thread');
const port = parentPort;
const post = (message: FromStore, buffers: readonly ArrayBuffer[] = []): void => port.postMessage(message, buffers);

const nextMessage = (): ToStore | undefined => receiveMessageOnPort(port)?.message;

function serve(engine: Engine): void {
  port.on('message', (first: ToStore) => {
    const { requests, isLast } = collectGroup(first, nextMessage);
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
