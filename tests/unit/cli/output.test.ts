import { expect, it } from 'vitest';
import { toAirlockError, toJsonText, toPrintable, toPrintableLine } from '../../../src/cli/output.ts';

it('toPrintable() shows control and direction characters instead of sending them to the terminal', () => {
  expect(toPrintable('a\u001b[2Jb\u202ec')).toBe('a\\u{1b}[2Jb\\u{202e}c');
  expect(toPrintable('a\tb\nc ä 漢')).toBe('a\tb\nc ä 漢');
});

it('toAirlockError() names what is no AirlockError as internal and keeps the cause', () => {
  const cause = new Error('boom');

  expect(toAirlockError(cause)).toMatchObject({ code: 'internal', message: 'Cannot go on: boom', cause });
  expect(toAirlockError('text')).toMatchObject({ code: 'internal', message: 'Cannot go on: text' });
});

it('toPrintableLine() keeps a name with line ends on one line', () => {
  expect(toPrintableLine('a\nforged: delivered')).toBe(String.raw`a\u{a}forged: delivered`);
});

it('toJsonText() sends no control or direction character to the terminal and says the same', () => {
  const value = { name: 'a\u001b[2J\u009b31m\u202eb\n', 'k\u007f': [1] };

  const text = toJsonText(value, 2);

  expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Bidi_Control}]/u);
  expect(JSON.parse(text)).toEqual(value);
});
