import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import type { Progress } from '../../src/client/progress.ts';
import { makeTestHome } from '../support/daemon.ts';

const SIZE = 3 * 1024 ** 2;

async function* source(): AsyncGenerator<Uint8Array> {
  for (let sent = 0; sent < SIZE; sent += 65_536) yield Buffer.alloc(65_536);
}

it.each(['report/submit', 'report/convert'] as const)('a streamed %s tells how far it is', async (method) => {
  await using home = await makeTestHome();
  await home.start();
  await using client = await home.connect();
  const seen: Progress[] = [];
  const params = { name: 'large.xyz', stream: 1, size: SIZE };

  // What becomes of the file is not asked here: no converter takes it.
  const options = { upload: new Map([[1, source()]]), onProgress: (progress: Progress) => seen.push(progress) };
  await Promise.allSettled([
    method === 'report/submit'
      ? client.call(method, { ...params, idempotencyKey: randomUUID() }, options)
      : client.call(method, params, options),
  ]);

  expect([seen[0]?.kind, seen.at(-1)]).toEqual([
    'begin',
    { kind: 'end', message: `${SIZE} of ${SIZE} bytes received`, percentage: 100 },
  ]);
});
