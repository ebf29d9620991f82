// "Did you mean": the nearest word within two edits.

const MAX_DISTANCE = 2;

function nextRow(previous: readonly number[], { left, right, row }: { left: string; right: string; row: number }) {
  const current = [row + 1];
  for (let column = 0; column < right.length; column += 1) {
    const change = (previous[column] ?? 0) + (left[row] === right[column] ? 0 : 1);
    const drop = (previous[column + 1] ?? 0) + 1;
    const add = (current[column] ?? 0) + 1;
    current.push(Math.min(change, drop, add));
  }
  return current;
}

/**
 * Letters to add, drop or change to get from one word to the other.
 *
 * Source: Levenshtein 1966, in the row-by-row form of Wagner and Fischer 1974.
 */
export function editDistance(left: string, right: string): number {
  let row: readonly number[] = Array.from({ length: right.length + 1 }, (_, index) => index);
  for (let index = 0; index < left.length; index += 1) row = nextRow(row, { left, right, row: index });
  return row[right.length] ?? 0;
}

/**
 * The candidate that was probably meant: at most two edits away, upper and lower case the same, the nearest first.
 *
 * @param word - What was written.
 * @param candidates - What would be right.
 * @returns null when nothing is near.
 */
export function findNearest(word: string, candidates: Iterable<string>): string | null {
  let best: { readonly candidate: string; readonly distance: number } | null = null;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - word.length) > MAX_DISTANCE) continue;
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase());
    // A word of three letters is two edits away from every other one.
    if (distance > MAX_DISTANCE || distance >= candidate.length) continue;
    if (best === null || distance < best.distance) best = { candidate, distance };
  }
  return best?.candidate ?? null;
}
