// TypeScript of the documentation: the fenced programs of a page.

import { readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');

/** One fenced program. `runs`: the comment before it says that it runs as it stands. */
export type DocProgram = { readonly page: string; readonly code: string; readonly runs: boolean };

/**
 * Programs of a page.
 *
 * @param page - Path below the checkout.
 */
export function readDocPrograms(page: string): readonly DocProgram[] {
  const text = readFileSync(path.join(root, page), 'utf8');
  return [...text.matchAll(/(<!-- runs -->\n)?^```ts\n([\s\S]*?)^```$/gm)].map((match) => ({
    page,
    code: match[2] ?? '',
    runs: match[1] !== undefined,
  }));
}
