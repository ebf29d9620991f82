// Which folders of an instance must be its user's alone: what a start makes and refuses, and what the doctor looks at.

import type { Places } from './places.ts';

/** A folder, and how it is called in front of people. */
export type PrivatePlace = { readonly name: string; readonly folder: string };

/**
 * The folders that nobody else may enter, in the order they are made.
 *
 * @param places - Of this instance.
 */
export function listPrivatePlaces(places: Places): readonly PrivatePlace[] {
  const names = ['home', 'keys', 'secrets', 'state', 'run', 'log', 'converters'] as const;
  return names.map((name) => ({ name, folder: places[name] }));
}
