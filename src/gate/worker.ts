// Program of the worker thread that makes one check and is thrown away.

import { parentPort, workerData } from 'node:worker_threads';
import { type CheckRequest, checkFolder } from './check.ts';
import type { GateVerdict } from './checked.ts';

/** What the worker tells: where it is, and at last the verdict. */
export type WorkerMessage =
  | { readonly kind: 'at'; readonly file: string }
  | { readonly kind: 'verdict'; readonly verdict: GateVerdict };

function tell(message: WorkerMessage): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port between threads, which has no origin
  parentPort?.postMessage(message);
}

// Made by open.ts in the same process: no other program can give it.
const request = workerData as CheckRequest;
tell({ kind: 'verdict', verdict: checkFolder(request, { atFile: (file) => tell({ kind: 'at', file }) }) });
