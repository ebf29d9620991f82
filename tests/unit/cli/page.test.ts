import { describe, expect, it } from 'vitest';
import type { Output } from '../../../src/cli/output.ts';
import { printPage } from '../../../src/cli/page.ts';

function shown(isJson: boolean, page: Parameters<typeof printPage<{ readonly id: string }>>[1]): readonly unknown[] {
  const said: unknown[] = [];
  const output = {
    isJson,
    line: (text: string) => void (isJson || said.push(text)),
    document: (value: object) => void said.push(value),
  } as unknown as Output;
  printPage(output, page, { print: ({ id }) => output.line(`row ${id}`), empty: 'no row found' });
  return said;
}

describe('printPage()', () => {
  it('says in words that there is nothing, and says nothing with --json', () => {
    expect(shown(false, { items: [] })).toEqual(['no row found']);
    expect(shown(true, { items: [] })).toEqual([]);
  });

  it('shows each row, and how to see the next page', () => {
    const page = { items: [{ id: 'a' }, { id: 'b' }], nextCursor: 'c1' };

    expect(shown(false, page)).toEqual(['row a', 'row b', 'more: --cursor c1']);
    expect(shown(true, page)).toEqual([{ id: 'a' }, { id: 'b' }, { nextCursor: 'c1' }]);
  });

  it('does not call a page without rows the end of the list', () => {
    expect(shown(false, { items: [], nextCursor: 'c1' })).toEqual(['more: --cursor c1']);
  });
});
