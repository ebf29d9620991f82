// One page of a list, as every command shows it.

import type { Output } from './output.ts';

/** Which page of a list: `limit` rows, from where the last page ended. */
export type ListArguments<State> = {
  readonly limit: number;
  readonly cursor: string | null;
  readonly state: State | null;
};

type Page<Item> = { readonly items: readonly Item[]; readonly nextCursor?: string | undefined };

/** How a list looks to people. */
type PageView<Item> = {
  readonly print: (item: Item) => void;
  /** What to say when there is nothing, so that silence is never an answer. */
  readonly empty: string;
};

/** One document each with `--json`, the last with `nextCursor` when there is more; for people `print`, and how to see the next page. */
export function printPage<Item extends Readonly<Record<string, unknown>>>(
  output: Output,
  { items, nextCursor }: Page<Item>,
  { print, empty }: PageView<Item>,
): void {
  for (const item of items) {
    if (output.isJson) output.document(item);
    else print(item);
  }
  if (items.length === 0 && nextCursor === undefined) output.line(empty);
  if (nextCursor === undefined) return;
  if (output.isJson) output.document({ nextCursor });
  output.line(`more: --cursor ${nextCursor}`);
}
