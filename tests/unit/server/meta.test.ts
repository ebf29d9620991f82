import { describe, expect, it } from 'vitest';
import { takeMeta } from '../../../src/server/meta.ts';

/** A `_meta` that has exactly this many bytes as JSON. */
const metaOf = (bytes: number) => ({ pad: 'x'.repeat(bytes - '{"pad":""}'.length) });

const detailsOf = (params: Record<string, unknown>): unknown => {
  try {
    takeMeta('ping', params);
  } catch (error) {
    return Reflect.get(Reflect.get(Object(error), 'data'), 'details');
  }
  return null;
};

describe('takeMeta()', () => {
  it('splits off _meta and workDoneToken, and ignores other keys of _meta', () => {
    const params = { name: 'a', _meta: { deadlineMs: 5, trace: 't', other: [1] }, workDoneToken: 7 };

    expect(takeMeta('ping', params)).toEqual({ meta: { deadlineMs: 5, trace: 't' }, own: { name: 'a' } });
  });

  it('answers an empty meta when there is none', () => {
    expect(takeMeta('ping', { name: 'a' })).toEqual({ meta: {}, own: { name: 'a' } });
  });

  it('takes a _meta of 8192 bytes and refuses 8193', () => {
    expect(detailsOf({ _meta: metaOf(8191) })).toBeNull();
    expect(detailsOf({ _meta: metaOf(8192) })).toBeNull();
    expect(detailsOf({ _meta: metaOf(8193) })).toMatchObject([{ path: ['_meta'], code: 'too_big' }]);
  });

  it.each([
    [{ _meta: 'text' }, ['_meta']],
    [{ _meta: null }, ['_meta']],
    [{ _meta: { deadlineMs: -1 } }, ['_meta', 'deadlineMs']],
    [{ _meta: { deadlineMs: 1.5 } }, ['_meta', 'deadlineMs']],
    [{ _meta: { trace: 'x'.repeat(257) } }, ['_meta', 'trace']],
    [{ workDoneToken: null }, ['workDoneToken']],
    [{ workDoneToken: 'x'.repeat(65) }, ['workDoneToken']],
  ])('refuses %o and names the place', (params, path) => {
    expect(detailsOf(params)).toMatchObject([{ path }]);
  });

  it('keeps an own __proto__ key an own key', () => {
    const params: Record<string, unknown> = JSON.parse('{"__proto__":{"polluted":1}}');

    const { own } = takeMeta('ping', params);

    expect(Object.keys(own)).toEqual(['__proto__']);
    expect(Reflect.get(own, 'polluted')).toBeUndefined();
  });
});
