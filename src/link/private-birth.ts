// Sockets that are private from their first moment.

/** Group and other bits, and the owner's execute bit: a socket made under it has mode 0600. */
const PRIVATE_UMASK = 0o177;

/**
 * Run an action so that a socket it binds is born with mode 0600.
 *
 * Race: the mask is the process's. Only call it while no other part makes folders, which means at start; the action must bind
 * before it returns.
 *
 * @param action - Synchronous.
 */
export function withPrivateUmask(action: () => void): void {
  const before = process.umask(PRIVATE_UMASK);
  try {
    action();
  } finally {
    process.umask(before);
  }
}
