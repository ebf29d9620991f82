import { describe, expect, it } from 'vitest';
import { namedStreams, renumberStreams } from '../../../src/protocol/stream-names.ts';

const params = { name: 'a', stream: 1, companions: [{ name: 'b', content: 'x' }, { name: 'c', stream: 3 }, null, 7] };

describe('namedStreams()', () => {
  it('names the main body first, then the companions in order', () => {
    expect(namedStreams(params)).toEqual([1, 3]);
  });

  it.each([[{}], [{ stream: '1' }], [{ companions: 'none' }], [{ companions: [[1]] }]])('finds none in %j', (odd) => {
    expect(namedStreams(odd)).toEqual([]);
  });
});

describe('renumberStreams()', () => {
  it('changes the numbers and nothing else, and leaves what it was given alone', () => {
    const renumbered = renumberStreams(params, (stream) => stream + 100);

    expect(renumbered).toEqual({
      name: 'a',
      stream: 101,
      companions: [{ name: 'b', content: 'x' }, { name: 'c', stream: 103 }, null, 7],
    });
    expect(params.stream).toBe(1);
  });
});
