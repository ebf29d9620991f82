// The store's own thread, but that it says so and stops for ever at one point of taking a file in, or of storing what it became: its process is killed there.

import { writeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';

const port = parentPort;
if (port === null) throw new Error('this file is a worker thread');

function stop(point: string): never {
  writeSync(1, `${point}\n`);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  throw new Error('not reached');
}

const path: string = workerData.files.database;
const isBeforeRow = path.includes('before-row');
const stopping = path.includes('report-') ? 'endSubmission' : 'accept';
const post = port.postMessage.bind(port);
let isWriting = false;

port.on('message', ({ request }: { request?: { method: string } }) => {
  if (request?.method !== stopping) return;
  isWriting = true;
  if (isBeforeRow) stop('before-row');
});
port.postMessage = (message: { kind?: string }, transfer: never) => {
  if (isWriting && message.kind === 'settled') stop('before-answer');
  post(message, transfer);
};
await import('../../src/store/worker.ts');
