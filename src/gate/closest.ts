// "Did you mean": the name that is nearest to a mistyped one.

const MAX_DISTANCE = 3;
const MAX_LENGTH = 100;

function distanceBetween(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_none, index) => index);
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row];
    for (let column = 1; column <= right.length; column += 1) {
      const cost = left[row - 1] === right[column - 1] ? 0 : 1;
      const above = (previous[column] ?? 0) + 1;
      const before = (current[column - 1] ?? 0) + 1;
      current.push(Math.min(above, before, (previous[column - 1] ?? 0) + cost));
    }
    previous = current;
  }
  return previous[right.length] ?? 0;
}

/**
 * The candidate that is at most three edits away and keeps something of what was written, upper and lower case being equal, or null.
 *
 * @param wanted - What was written.
 * @param candidates - What there is; those over 100 characters are not looked at.
 */
export function findClosest(wanted: string, candidates: readonly string[]): string | null {
  if (wanted.length > MAX_LENGTH) return null;
  const ranked = candidates
    .filter((candidate) => candidate.length <= MAX_LENGTH)
    .map((candidate) => ({ candidate, distance: distanceBetween(wanted.toLowerCase(), candidate.toLowerCase()) }))
    // A distance as long as the name means that nothing of it was kept.
    .filter(({ distance }) => distance <= MAX_DISTANCE && distance < wanted.length)
    .sort((left, right) => left.distance - right.distance);
  return ranked[0]?.candidate ?? null;
}
