// `lines`: a text line by line, wherever it comes from.

import { splitLines, type TextSource } from './input.ts';

function* textsOf(source: TextSource): Generator<string, void> {
  for (const piece of source.chunks()) {
    if (typeof piece !== 'string')
      throw new Error('Cannot read lines from bytes: converter.json must say "input": "lines" or "text"');
    yield piece;
  }
}

/**
 * Lines without their ends (`\r\n`, `\n` or `\r`), in constant memory.
 *
 * @param source - The input (manifest `input`: `lines` or `text`), or a text, such as a file of an archive.
 * @throws {BadInput} while reading, for a line over 1 MiB.
 */
export function lines(source: TextSource | string): Iterable<string> {
  return splitLines(typeof source === 'string' ? [source] : textsOf(source));
}
