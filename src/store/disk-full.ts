// How SQLite says that the disk is full.

// Source: sqlite.org/rescode.html. The second: the shared memory of the log found no room to grow.
/** The primary code. */
export const SQLITE_FULL = 13;
const IOERR_SHMSIZE = 4_874;

/** Did a write fail because the disk is full? Then nothing of it happened, and the file is as it was. */
export function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error) || !('errcode' in error)) return false;
  return error.errcode === SQLITE_FULL || error.errcode === IOERR_SHMSIZE;
}
