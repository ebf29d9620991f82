import { expect, it } from 'vitest';
import { makeSemaphore } from '../../../src/core/semaphore.ts';

it('acquire() gives out no more than the permits, and the next one when a permit is disposed', async () => {
  const semaphore = makeSemaphore(2);
  const first = await semaphore.acquire();
  await semaphore.acquire();
  let isIn = false;

  const third = semaphore.acquire().then((permit) => {
    isIn = true;
    return permit;
  });
  await Promise.resolve();
  expect(isIn).toBe(false);
  first[Symbol.dispose]();
  first[Symbol.dispose]();

  await third;
  expect(semaphore.used()).toBe(2);
});

it('acquire() rejects with the reason of its signal and leaves the line', async () => {
  const semaphore = makeSemaphore(1);
  const held = await semaphore.acquire();
  const controller = new AbortController();
  const reason = new Error('enough');

  const waiting = semaphore.acquire({ signal: controller.signal });
  controller.abort(reason);

  await expect(waiting).rejects.toBe(reason);
  held[Symbol.dispose]();
  expect(semaphore.used()).toBe(0);
});
