// How far a call is, on the last line of a terminal.

import type { Output } from './output.ts';

type Told = { readonly message?: string | undefined; readonly percentage?: number | undefined };

/**
 * Show each progress in the place of the one before.
 *
 * @param output - Whoever calls this clears the line at the end, also after a failure: `output.progress('')`.
 */
export const showProgress =
  (output: Pick<Output, 'progress'>) =>
  ({ message = '', percentage }: Told): void =>
    output.progress(percentage === undefined ? message : `${percentage} %, ${message}`);
