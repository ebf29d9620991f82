// The end of every switch over a closed union.

/**
 * Fail on a union member that a switch forgot; the compiler refuses to build such a switch.
 *
 * @param value - What should have been impossible.
 * @throws {Error} always: reaching this line is a bug.
 */
export function assertNever(value: never): never {
  throw new Error(`Cannot handle union member: received ${JSON.stringify(value)}`);
}
