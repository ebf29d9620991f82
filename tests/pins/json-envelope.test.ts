import { expect, it } from 'vitest';
import { makeOutput } from '../../src/cli/output.ts';
import { AirlockError } from '../../src/core/errors.ts';

function capture() {
  const written: string[] = [];
  const stream = { write: (text: string) => written.push(text), isTTY: false };
  return { written, output: makeOutput({ stdout: stream, stderr: { write: () => undefined } }, { isJson: true }) };
}

it('a --json document begins with schemaVersion 1', () => {
  const { written, output } = capture();

  output.document({ version: '1.2.3' });

  expect(written).toEqual(['{"schemaVersion":1,"version":"1.2.3"}\n']);
});

it('a --json failure is one document with code, message, retryable, retryAfterMs and details', () => {
  const { written, output } = capture();
  const details = [{ path: ['name'], code: 'too_small', message: 'must not be empty' }];

  output.failure(
    new AirlockError('queue_full', 'Cannot submit "a": the queue is full (count)', {
      data: { retryAfterMs: 420, details },
    }),
  );

  expect(written).toEqual([
    '{"schemaVersion":1,"error":{"code":"queue_full","message":"Cannot submit \\"a\\": the queue is full (count)","retryable":true,"retryAfterMs":420,"details":[{"path":["name"],"code":"too_small","message":"must not be empty"}]}}\n',
  ]);
});

it('--json keeps lines for people away from stdout', () => {
  const { written, output } = capture();

  output.line('hello');

  expect(written).toEqual([]);
});
