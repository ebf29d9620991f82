// Which walls of the sandbox a converter needs before it may run.

import type { WallName } from '../config/schema/sandbox.ts';
import type { LoadableConverter, WallState } from '../sandbox/job.ts';

/**
 * The walls that are wanted but not there, for a converter that nobody vouches for. Bundled ones need none.
 *
 * @param trust - Trust group.
 * @param required - `sandbox.requireWalls`.
 * @param walls - As the pool found them.
 */
export function findMissingWalls(
  trust: LoadableConverter['trust'],
  required: readonly WallName[],
  walls: readonly WallState[],
): readonly WallName[] {
  if (trust === 'bundled') return [];
  return required.filter((name) => !walls.some((wall) => wall.name === name && wall.active));
}

/**
 * What a person reads about missing walls, with the two ways out.
 *
 * @param missing - At least one.
 */
export function explainMissingWalls(missing: readonly WallName[]): string {
  const names = missing.map((name) => `"${name}"`).join(', ');
  return `the sandbox lacks the walls ${names}: install bubblewrap and start the daemon again, or accept the risk by taking them out of sandbox.requireWalls`;
}
