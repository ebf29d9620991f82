import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { makeDeadlines } from '../../../src/core/deadlines.ts';
import { AirlockError } from '../../../src/core/errors.ts';
import { toKeyId } from '../../../src/core/ids.ts';
import { type LogFields, silentLogger } from '../../../src/core/logger.ts';
import type { Scope } from '../../../src/core/scopes.ts';
import type { BoundMethod } from '../../../src/protocol/handler.ts';
import { mayCall, startCall } from '../../../src/server/call.ts';
import { makeManualClock } from '../../support/manual-clock.ts';

const caller = (...scopes: Scope[]) => ({ kid: toKeyId('local'), scopes });
const subscriptions = { open: () => Promise.reject(new Error('Cannot open: unused')), close: () => false };
const uploads = { open: () => ({ read: () => Promise.resolve(null) }) };

/** Start a call of `test/any` with this code. */
function start(call: BoundMethod['call'], params: Record<string, unknown> = {}) {
  const clock = makeManualClock();
  const errors: unknown[] = [];
  const log = { ...silentLogger, error: ({ err }: LogFields) => void errors.push(err) };
  const spec = {
    name: 'test/any',
    sinceVersion: 1,
    scopes: [],
    rateClass: 'free',
    params: z.strictObject({}),
    result: z.object({ n: z.int() }),
  } as const;
  const methods = new Map([[spec.name, { spec, call }]]);
  const deadlines = makeDeadlines(clock);
  const mine = { caller: caller('read'), uploads, progress: () => undefined, requestId: 's-1' };
  const deps = { ...mine, log, methods, deadlines, subscriptions: () => subscriptions };
  return { clock, deadlines, errors, running: startCall(deps, { kind: 'request', id: 1, method: 'test/any', params }) };
}

describe('mayCall()', () => {
  it.each([
    [[], [], true],
    [['submit'], [], true],
    [['submit'], ['submit', 'read'], true],
    [['submit'], ['read'], false],
    [['admin'], ['read'], true],
    [['admin'], ['submit'], false],
    [['read'], ['admin'], false],
  ] as [Scope[], Scope[], boolean][])('of a key with %j and a method for %j is %s', (has, wants, expected) => {
    expect(mayCall(caller(...has), { scopes: wants })).toBe(expected);
  });
});

describe('startCall()', () => {
  it('answers with the result as its schema leaves it', async () => {
    const { running } = start(() => Promise.resolve({ n: 1, inner: 'not for peers' }));

    expect(await running.answer).toEqual({ kind: 'result', result: { n: 1 } });
  });

  it('answers with the reason of the abort at once, and ends when the code does', async () => {
    const code = Promise.withResolvers<unknown>();
    const { running } = start(() => code.promise);
    let hasEnded = false;
    void running.ended.then(() => {
      hasEnded = true;
    });

    running.abort(new AirlockError('cancelled', 'Cannot finish the call: the caller cancelled it'));

    expect(await running.answer).toMatchObject({ kind: 'error', error: { data: { code: 'cancelled' } } });
    expect(hasEnded).toBe(false);
    code.resolve({ n: 1 });
    await running.ended;
  });

  it('keeps the first reason when a deadline passes after a cancel', async () => {
    const { clock, running } = start(() => new Promise(() => undefined), { _meta: { deadlineMs: 10 } });
    running.abort(new AirlockError('cancelled', 'Cannot finish the call: the caller cancelled it'));

    clock.advance(10);

    expect(await running.answer).toMatchObject({ error: { data: { code: 'cancelled' } } });
  });

  it('tells its code to stop when its deadline passes, also when the code asks only later', async () => {
    const code = Promise.withResolvers<{ readonly signal: AbortSignal }>();
    const { clock, running } = start(
      (_params, context) => {
        code.resolve(context);
        return new Promise(() => undefined);
      },
      { _meta: { deadlineMs: 10 } },
    );

    clock.advance(10);

    expect((await code.promise).signal.reason).toMatchObject({ code: 'deadline_exceeded' });
    expect(await running.answer).toMatchObject({ error: { data: { code: 'deadline_exceeded' } } });
  });

  it('lets its code take any part of its context by name', async () => {
    const { running } = start(
      (_params, { caller: by, requestId, signal, log, uploads: up, subscriptions: subs, decide }) => {
        decide();
        log.debug({}, 'it runs');
        return Promise.resolve({ n: [by, requestId, signal, up, subs].length });
      },
    );

    expect(await running.answer).toEqual({ kind: 'result', result: { n: 5 } });
  });

  it('leaves no deadline behind', async () => {
    const { clock, running } = start(() => Promise.resolve({ n: 1 }), { _meta: { deadlineMs: 10 } });

    await running.ended;
    // The one timer of all deadlines finds nothing left, and stops.
    clock.advance(10);

    expect(clock.pending()).toBe(0);
  });

  const cancelled = new AirlockError('cancelled', 'Cannot finish the call: the caller cancelled it');
  const bug = new TypeError('x is undefined');
  it.each([
    ['a bug', bug, [bug]],
    ['the reason of the abort', cancelled, []],
    ['an abort of the system', Object.assign(new Error('aborted'), { code: 'ABORT_ERR' }), []],
  ])('logs of code that fails after it was aborted what nobody is told: %s', async (_what, failure, expected) => {
    const code = Promise.withResolvers<unknown>();
    const { running, errors } = start(() => code.promise);
    running.abort(cancelled);

    code.reject(failure);
    await running.ended;

    expect(errors).toEqual(expected);
  });

  it('answers internal when the code throws before its first wait', async () => {
    const { running } = start(() => {
      throw new TypeError('x is undefined');
    });

    expect(await running.answer).toMatchObject({ error: { code: -32_603, data: { code: 'internal' } } });
  });
});
