// What the walls are worth: what was put up, held against what a runner saw and tried from inside.

import type { ObservedWalls } from '../channel.ts';
import type { WallState } from '../job.ts';
import type { WallTools } from './compose.ts';
import { processMemoryBytes } from './limits.ts';
import { countInstructions } from './seccomp.ts';

const wall = (name: string, active: boolean, detail: string): WallState => ({ name, active, detail });

function rootTool({ bubblewrap, namespaces }: WallTools): string | null {
  if (bubblewrap !== null) return 'bubblewrap';
  return namespaces === null ? null : 'unshare';
}

function namespaceWall(name: string, isHeld: boolean, tools: WallTools): WallState {
  const tool = rootTool(tools);
  if (tool === null) return wall(name, false, 'neither bubblewrap nor unshare is installed and runs here');
  return wall(name, isHeld, isHeld ? tool : `${tool} runs, but a runner sees through it`);
}

function seccompWall({ bubblewrap }: WallTools, observed: ObservedWalls): WallState {
  if (bubblewrap === null) return wall('seccomp', false, 'bubblewrap is not installed, or does not run here');
  const { filter } = bubblewrap;
  if (filter === null) return wall('seccomp', false, 'no filter for this machine, or bubblewrap does not take it');
  const isHeld = observed.network === 'refused' && !observed.canStartProcesses;
  const detail = isHeld
    ? `bubblewrap, ${countInstructions(filter)} instructions`
    : 'a filter is loaded, but a runner makes sockets or processes';
  return wall('seccomp', isHeld, detail);
}

function limitsWall(tools: WallTools, observed: ObservedWalls, heapBytes: number): WallState {
  if (tools.prlimit === null) return wall('rlimits', false, 'prlimit is not installed, or does not run here');
  const isHeld = observed.dataBytes === processMemoryBytes(heapBytes) && observed.fileBytes === 0;
  return wall('rlimits', isHeld, isHeld ? 'prlimit' : 'prlimit runs, but a runner does not have its limits');
}

function privilegesWall(tools: WallTools, observed: ObservedWalls): WallState {
  if (tools.setpriv === null) return wall('privileges', false, 'setpriv is not installed, or does not run here');
  // Null: no /proc to read it from, which only a root of its own takes away; that sets the flag as well.
  const isHeld = observed.noNewPrivileges !== false;
  return wall('privileges', isHeld, isHeld ? 'setpriv' : 'setpriv runs, but a runner may still gain privileges');
}

/**
 * Judge each wall by what a runner behind them saw.
 *
 * @param tools - What was put up.
 * @param observed - What the runner saw and could do.
 * @param options - `heapBytes`: memory class of that runner.
 */
export function toWallStates(
  tools: WallTools,
  observed: ObservedWalls,
  options: { readonly heapBytes: number },
): readonly WallState[] {
  const isAlone = observed.networkInterfaces.every((name) => name === 'lo');
  const isFileless = !observed.canReadFiles && !observed.canWriteFiles;
  return [
    namespaceWall('network', isAlone && observed.network !== 'reachable', tools),
    namespaceWall('files', isFileless, tools),
    seccompWall(tools, observed),
    limitsWall(tools, observed, options.heapBytes),
    privilegesWall(tools, observed),
    wall('permission', false, "not used: Node's own permissions are no wall to native code"),
    wall('watchdog', false, 'not built yet'),
  ];
}
