import { describe, expect, it } from 'vitest';
import { findServerId } from '../../../src/delivery/server-id.ts';

describe('findServerId()', () => {
  it.each([
    ['{"ID":"a"}', 'a'],
    ['{"id":"b"}', 'b'],
    ['{"uuid":" c "}', 'c'],
    ['{"id":7}', '7'],
    [String.raw`{"id":"\u001b[2J\u202eg"}`, '[2J g'],
    ['[{"ID":"d"},{"ID":"e"}]', 'd'],
    ['[{"other":1},{"id":"f"}]', 'f'],
    [`{"id":"${'x'.repeat(300)}"}`, 'x'.repeat(200)],
  ])('finds the id in %s', (body, id) => {
    expect(findServerId(body)).toBe(id);
  });

  it.each([
    '',
    '<html></html>',
    '{"ID":',
    'null',
    '"a"',
    '7',
    '[]',
    '{}',
    '{"id":null}',
    '{"id":""}',
    '{"id":{}}',
    '[["a"]]',
  ])('finds none in %j', (body) => {
    expect(findServerId(body)).toBeNull();
  });
});
