// Pages of lists as the wire writes them.

import type { Page } from '../store/types.ts';

/**
 * A store page as `{items, nextCursor?}`.
 *
 * @param page - Rows.
 * @param show - One row as the wire shows it.
 */
export function toPage<Row, Item>(page: Page<Row>, show: (row: Row) => Item): { items: Item[]; nextCursor?: string } {
  const items = page.items.map(show);
  return page.nextCursor === null ? { items } : { items, nextCursor: page.nextCursor };
}
