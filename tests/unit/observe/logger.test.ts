import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { AirlockError } from '../../../src/core/errors.ts';
import type { Logger } from '../../../src/core/logger.ts';
import { Secret } from '../../../src/core/secret.ts';
import { type LoggerOptions, makeLogger } from '../../../src/observe/logger.ts';
import { makeTemporaryFolder } from '../../support/temporary-folder.ts';

/** What a logger writes into a real file. */
async function written(write: (log: Logger) => void, options: Partial<LoggerOptions> = {}): Promise<string> {
  await using folder = await makeTemporaryFolder();
  const path = join(folder.path, 'log');
  await using file = await open(path, 'w');
  const log = makeLogger({ level: 'debug', destination: file.fd, ...options });
  write(log);
  log.flush();
  return await readFile(path, 'utf8');
}

const parsed = async (write: (log: Logger) => void, options: Partial<LoggerOptions> = {}) =>
  (await written(write, options))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

const UTC = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

describe('makeLogger()', () => {
  test('writes one JSON line with time, level as a word, message and fields', async () => {
    expect(await parsed((log) => log.info({ requestId: 'r1', bytes: 5 }, 'call'))).toEqual([
      { time: expect.stringMatching(UTC), level: 'info', msg: 'call', requestId: 'r1', bytes: 5 },
    ]);
  });

  test('leaves out lines below its level', async () => {
    const lines = await parsed(
      (log) => {
        log.debug({}, 'a');
        log.info({}, 'b');
        log.warn({}, 'c');
        log.error({}, 'd');
      },
      { level: 'warn' },
    );

    expect(lines.map(({ level, msg }) => [level, msg])).toEqual([
      ['warn', 'c'],
      ['error', 'd'],
    ]);
  });

  test('adds the fields of a child to each of its lines', async () => {
    const lines = await parsed((log) => log.child({ a: 1 }).child({ b: 2 }).info({ c: 3 }, 'x'));

    expect(lines).toEqual([expect.objectContaining({ a: 1, b: 2, c: 3 })]);
  });

  test('writes an error with code, stack, data and causes', async () => {
    const error = new AirlockError('busy', 'Cannot a: b', { cause: new Error('why'), data: { reason: 'r' } });

    const [line] = await parsed((log) => log.error({ err: error, other: new Error('second') }, 'x'));

    expect(line).toMatchObject({
      err: {
        type: 'AirlockError',
        code: 'busy',
        message: 'Cannot a: b',
        data: { reason: 'r' },
        stack: expect.stringContaining('logger.test.ts'),
        cause: { type: 'Error', message: 'why' },
      },
      other: { message: 'second' },
    });
  });

  test('writes both halves of a SuppressedError and all of an AggregateError', async () => {
    const error = new SuppressedError(new Error('closing'), new AggregateError([new Error('a'), 'b'], 'many'));

    const [line] = await parsed((log) => log.error({ err: error }, 'x'));

    expect(line).toMatchObject({
      err: { error: { message: 'closing' }, suppressed: { errors: [{ message: 'a' }, { message: "'b'" }] } },
    });
  });

  test('ends a cycle of causes', async () => {
    const error = new Error('round');
    error.cause = error;

    const [line] = await parsed((log) => log.error({ err: error }, 'x'));

    expect(JSON.stringify(line).match(/"message":"round"/g)).toHaveLength(9);
  });

  test.each([true, false])('never writes a secret (readable: %s)', async (pretty) => {
    const secret = new Secret('hunter2');
    const error = new AirlockError('busy', 'Cannot a: b', { cause: { secret }, data: { secret } });

    const text = await written((log) => log.child({ secret }).error({ err: error, deep: [{ secret }] }, 'x'), {
      pretty,
    });

    expect(text).toContain('[hidden]');
    expect(text).not.toContain('hunter2');
  });

  test('writes a line for people, with stacks below it', async () => {
    const text = await written(
      (log) => {
        log.warn({ name: 'a b', id: 'x-1', n: 2, o: { k: null } }, 'taken');
        log.error({ err: new Error('one', { cause: new Error('two') }) }, 'bad');
      },
      { pretty: true },
    );

    const [first, second, ...stack] = text.split('\n');
    expect(first).toMatch(/^\d\d:\d\d:\d\d\.\d{3} warn {2}taken name="a b" id=x-1 n=2 o=\{"k":null\}$/);
    expect(second).toMatch(/ error bad$/);
    expect(stack.join('\n')).toMatch(/^ {4}Error: one\n[\s\S]*\n {4}cause: Error: two\n/);
  });

  test('lets no control character reach a terminal', async () => {
    const hostile = 'a\u001b[2Jb\u009b\u202ec\r';

    const text = await written((log) => log.error({ name: hostile, err: new Error(hostile) }, hostile), {
      pretty: true,
    });

    expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  test('survives a value that is no JSON', async () => {
    const cycle: Record<string, unknown> = { big: 10n };
    cycle['self'] = cycle;

    expect(await parsed((log) => log.info({ cycle }, 'x'))).toEqual([expect.objectContaining({ msg: 'x' })]);
  });
});
