// What the walls are worth: what was put up, held against what a runner saw from inside.

import type { ObservedWalls } from '../channel.ts';
import type { WallState } from '../job.ts';
import type { WallTools } from './compose.ts';
import { processMemoryBytes } from './limits.ts';

const wall = (name: string, active: boolean, detail: string): WallState => ({ name, active, detail });

function namespaceWall(name: string, isHeld: boolean, tools: WallTools): WallState {
  if (tools.bubblewrap === null) return wall(name, false, 'bubblewrap is not installed, or does not run here');
  return wall(name, isHeld, isHeld ? 'bubblewrap' : 'bubblewrap runs, but a runner sees through it');
}

function limitsWall(tools: WallTools, observed: ObservedWalls, heapBytes: number): WallState {
  if (tools.prlimit === null) return wall('rlimits', false, 'prlimit is not installed, or does not run here');
  const isHeld = observed.dataBytes === processMemoryBytes(heapBytes) && observed.fileBytes === 0;
  return wall('rlimits', isHeld, isHeld ? 'prlimit' : 'prlimit runs, but a runner does not have its limits');
}

function privilegesWall(tools: WallTools, observed: ObservedWalls): WallState {
  if (tools.setpriv === null) return wall('privileges', false, 'setpriv is not installed, or does not run here');
  // Null: no /proc to read it from, which only bubblewrap takes away, and bubblewrap sets the flag as well.
  const isHeld = observed.noNewPrivileges !== false;
  return wall('privileges', isHeld, isHeld ? 'setpriv' : 'setpriv runs, but a runner may still gain privileges');
}

/**
 * Judge each wall by what a runner behind them saw.
 *
 * @param tools - What was put up.
 * @param observed - What the runner saw.
 * @param options - `heapBytes`: memory class of that runner.
 */
export function toWallStates(
  tools: WallTools,
  observed: ObservedWalls,
  options: { readonly heapBytes: number },
): readonly WallState[] {
  const isNetworkHeld = observed.networkInterfaces.every((name) => name === 'lo');
  return [
    namespaceWall('network', isNetworkHeld, tools),
    namespaceWall('files', !observed.canReadFiles, tools),
    wall('seccomp', false, 'no filter of system calls yet'),
    limitsWall(tools, observed, options.heapBytes),
    privilegesWall(tools, observed),
  ];
}
