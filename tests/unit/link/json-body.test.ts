import { describe, expect, it } from 'vitest';
import { parseJsonBody } from '../../../src/link/json-body.ts';

/** An object nested to `depth`, padded over the size that is exempt from the depth scan. */
function nested(depth: number, padding = 2000): Buffer {
  const arrays = depth - 1;
  return Buffer.from(`{"pad":"${'x'.repeat(padding)}","deep":${'['.repeat(arrays)}${']'.repeat(arrays)}}`);
}

const faultOf = (body: Buffer): string | null => {
  const parsed = parseJsonBody(body);
  return parsed.kind === 'fault' ? parsed.message : null;
};

describe('parseJsonBody()', () => {
  it('gives the object', () => {
    expect(parseJsonBody(Buffer.from('{"a":["ä",1]}'))).toEqual({ kind: 'object', value: { a: ['ä', 1] } });
  });

  it.each([
    ['bytes that are not UTF-8', Buffer.from([0x7b, 0xff, 0x7d]), 'Cannot read message: it is not UTF-8'],
    ['text that is not JSON', Buffer.from('{a}'), 'Cannot read message: it is not JSON'],
    ['two objects', Buffer.from('{}{}'), 'Cannot read message: it is not JSON'],
    [
      'blanks after the object',
      Buffer.from('{} \n'),
      'Cannot read message: it does not end with the closing brace of one object',
    ],
  ])('refuses %s', (_, body, message) => {
    expect(faultOf(body)).toBe(message);
  });

  it.each([
    [63, null],
    [64, null],
    [65, 'Cannot read message: it is nested deeper than 64'],
  ])('answers a body over 1 KiB of depth %i with %s', (depth, message) => {
    expect(faultOf(nested(depth))).toBe(message);
  });

  it.each([
    [1023, null],
    [1024, null],
    [1025, 'Cannot read message: it is nested deeper than 64'],
  ])('answers a body of %i bytes and depth 100 with %s', (size, message) => {
    const body = nested(100, size - nested(100, 0).length);

    expect(body.length).toBe(size);
    expect(faultOf(body)).toBe(message);
  });

  it('never quotes the text in its message', () => {
    expect(faultOf(Buffer.from('{"password":"hunter2",}'))).not.toContain('hunter2');
  });

  it('keeps an own __proto__ key as a plain key', () => {
    const parsed = parseJsonBody(Buffer.from('{"__proto__":{"admin":true}}'));

    expect(parsed.kind === 'object' && Object.hasOwn(parsed.value, '__proto__')).toBe(true);
    expect(parsed.kind === 'object' && 'admin' in parsed.value).toBe(false);
  });
});
