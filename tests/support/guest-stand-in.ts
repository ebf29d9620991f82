// A small guest runtime with the contract of src/guest/host.ts: sandbox tests use it to reach every host function directly.

import { probe } from '../../src/guest/probe.ts';
import type { GuestEnd, GuestJob, GuestRuntime, Host } from '../../src/guest/host.ts';

class SkipFile extends Error {}
class BadInput extends Error {}
class RetryLater extends Error {}

let settled: GuestEnd = { kind: 'pending' };

function cut(text: unknown, max: number): string {
  return typeof text === 'string' ? text.slice(0, max) : '';
}

function read(error: unknown, { limits }: GuestJob): GuestEnd {
  const thrown = Object(error) as { name?: unknown; message?: unknown; stack?: unknown };
  try {
    const message = cut(thrown.message, limits.errorText);
    if (error instanceof SkipFile) return { kind: 'skipped', reason: message };
    if (error instanceof BadInput) return { kind: 'rejected', reason: message, line: 3, column: null };
    if (error instanceof RetryLater) return { kind: 'suspended', reason: message, afterMs: 1_000 };
    return {
      kind: 'failed',
      name: cut(thrown.name, limits.errorText),
      message,
      stack: cut(thrown.stack, limits.errorStack),
    };
  } catch {
    return { kind: 'failed', name: 'Error', message: 'the error cannot be read', stack: '' };
  }
}

function start(host: Host, definition: unknown, jobText: string): GuestEnd {
  const job = JSON.parse(jobText) as GuestJob;
  settled = { kind: 'pending' };
  try {
    const { convert } = Object(definition) as { convert: (host: Host, job: GuestJob) => unknown };
    const returned = convert(host, job);
    if (!(returned instanceof Promise)) return { kind: 'done' };
    returned.then(
      () => (settled = { kind: 'done' }),
      (error: unknown) => (settled = read(error, job)),
    );
    return settled;
  } catch (error) {
    return read(error, job);
  }
}

const runtime: GuestRuntime = {
  exports: { defineConverter: (definition: unknown) => definition, SkipFile, BadInput, RetryLater },
  run: (host, definition, job) => JSON.stringify(start(host, definition, job)),
  poll: () => JSON.stringify(settled),
  probe,
};

Object.assign(globalThis, { __airlockGuest: runtime });
