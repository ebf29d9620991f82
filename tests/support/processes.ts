// The children of this machine's processes, read from /proc: what a test leaves must be nothing.

import { readdir, readFile } from 'node:fs/promises';

type Process = { readonly pid: number; readonly parent: number; readonly command: string };

async function readProcess(pid: string): Promise<Process | null> {
  try {
    const [stat, command] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
    ]);
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // A zombie has ended; only its parent has not looked yet.
    return state === 'Z' ? null : { pid: Number(pid), parent: Number(parent), command };
  } catch {
    // Ended meanwhile.
    return null;
  }
}

/** Does it run? One that has ended does not, also where nobody has looked after it yet. */
export async function isRunning(pid: number): Promise<boolean> {
  if (process.platform === 'linux') return (await readProcess(String(pid))) !== null;
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Processes whose command line contains a text. */
export async function findProcesses(text: string): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const processes = await Promise.all(pids.map(readProcess));
  return processes.filter((one) => one?.command.includes(text)).map((one) => one?.pid ?? 0);
}

/** Wait until a condition holds; fails after `withinMs`. For things of the operating system that send no event. */
export async function eventually(check: () => Promise<boolean>, withinMs = 60_000): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await check())) {
    if (performance.now() > end) throw new Error(`Cannot see the condition: not within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
