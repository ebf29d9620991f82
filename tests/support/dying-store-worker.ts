// The store's own thread, but for one call that it dies of: a file named `die` is taken in and never answered.

import { parentPort } from 'node:worker_threads';

parentPort?.on('message', ({ request }: { request?: { method: string; args: readonly { name?: string }[] } }) => {
  if (request?.method === 'accept' && request.args[0]?.name === 'die') process.exit(1);
});
await import('../../src/store/worker.ts');
