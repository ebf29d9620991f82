import { expect, it } from 'vitest';
import { toAirlockError, toPrintable } from '../../../src/cli/output.ts';

it('toPrintable() shows control and direction characters instead of sending them to the terminal', () => {
  expect(toPrintable('a\u001b[2Jb\u202ec')).toBe('a\\u{1b}[2Jb\\u{202e}c');
  expect(toPrintable('a\tb\nc ä 漢')).toBe('a\tb\nc ä 漢');
});

it('toAirlockError() names what is no AirlockError as internal and keeps the cause', () => {
  const cause = new Error('boom');

  expect(toAirlockError(cause)).toMatchObject({ code: 'internal', message: 'Cannot go on: boom', cause });
  expect(toAirlockError('text')).toMatchObject({ code: 'internal', message: 'Cannot go on: text' });
});
