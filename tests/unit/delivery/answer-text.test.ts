import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/core/secret.ts';
import { hideSecret, toAnswerText } from '../../../src/delivery/answer-text.ts';

const TOKEN = Buffer.from('station-7:hunter2/secret??').toString('base64');

describe('hideSecret()', () => {
  it.each([
    ['as sent', TOKEN],
    ['URL-encoded', encodeURIComponent(TOKEN)],
    ['JSON-escaped', TOKEN.replaceAll('/', String.raw`\/`)],
    ['as user and password', 'station-7:hunter2/secret??'],
    ['as password alone', 'hunter2/secret??'],
  ])('blots out the token %s', (_how, quoted) => {
    expect(hideSecret(`a ${quoted} b ${quoted}`, new Secret(TOKEN))).toBe('a [hidden] b [hidden]');
  });

  it('leaves words alone that only look like a short password', () => {
    const token = Buffer.from('a:id').toString('base64');

    expect(hideSecret('the id is wrong', new Secret(token))).toBe('the id is wrong');
  });

  it('leaves a text alone when the token is empty', () => {
    expect(hideSecret('words', new Secret(''))).toBe('words');
  });
});

describe('toAnswerText()', () => {
  it('removes control and direction characters and blanks around', () => {
    expect(toAnswerText(' a\u0000\u001b[31m\r\nb\u202ec ')).toBe('a [31m b c');
  });

  it('says null when nothing is left', () => {
    expect(toAnswerText(' \n ')).toBeNull();
  });

  it.each([2047, 2048])('keeps %i bytes whole', (size) => {
    expect(toAnswerText('x'.repeat(size))).toBe('x'.repeat(size));
  });

  it('cuts 2049 bytes to 2048', () => {
    expect(toAnswerText('x'.repeat(2049))).toBe('x'.repeat(2048));
  });

  it('never cuts a character in half', () => {
    expect(toAnswerText(`${'x'.repeat(2047)}é`)).toBe('x'.repeat(2047));
  });
});
