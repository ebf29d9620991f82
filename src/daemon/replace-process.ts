// The daemon begins anew in its own process: same id, same terminal, same log, same supervisor.

/** Can this process begin anew by itself? Windows has nothing like it. */
export const canReplaceProcess = (): boolean => process.platform !== 'win32' && typeof process.execve === 'function';

/**
 * Run the same command line anew in this process. Everything must be closed: nothing of this run goes on.
 *
 * Does not return where {@link canReplaceProcess}; else does nothing.
 */
export function replaceProcess(): void {
  if (!canReplaceProcess()) return;
  process.execve?.(process.execPath, [process.execPath, ...process.execArgv, ...process.argv.slice(1)], process.env);
}
