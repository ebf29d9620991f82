// How a check inside this room says no; the surfaces turn it into an outcome.

/** A report or record that is refused. Never leaves the room. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

/** A limit of one report that is reached. */
export type ReachedLimit = { readonly limit: string; readonly used: number; readonly allowed: number };

/**
 * Refuse when more is used than allowed.
 *
 * @param path - Where in the report.
 * @param reached - Name of the limit as in the configuration, what is used, what is allowed.
 * @throws {Refusal} naming all of it.
 */
export function assertWithin(path: string, { limit, used, allowed }: ReachedLimit): void {
  if (used > allowed) throw new Refusal(`${path}: ${used} is over limits.${limit} of ${allowed}`);
}
