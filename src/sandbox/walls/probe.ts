// Finds out once, at start, which walls this machine gives: looks for the tools and runs a sealed process behind them.

import { execFile } from 'node:child_process';
import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import process from 'node:process';
import { promisify } from 'node:util';
import type { Logger } from '../../core/logger.ts';
import type { ObservedWalls } from '../channel.ts';
import type { WallState } from '../job.ts';
import { readLibraries } from './bubblewrap.ts';
import { NO_TOOLS, type WallTools } from './compose.ts';
import type { RunnerFiles } from './environment.ts';
import { isFilterArch, makeFilter } from './seccomp.ts';
import { toWallStates } from './states.ts';

const run = promisify(execFile);

/** Fixed places: whoever may set PATH must not choose what seals. */
const FOLDERS = ['/usr/bin', '/bin', '/usr/sbin', '/sbin', '/usr/local/bin'];
const TOOL_MS = 5_000;

async function findTool(name: string): Promise<string | null> {
  for (const folder of FOLDERS) {
    try {
      await access(`${folder}/${name}`, constants.X_OK);
      return `${folder}/${name}`;
    } catch {
      // Not in this folder.
    }
  }
  return null;
}

async function findLibraries({ node, addon }: RunnerFiles): Promise<readonly string[] | null> {
  const ldd = await findTool('ldd');
  if (ldd === null) return null;
  try {
    const options = { timeout: TOOL_MS, env: {} };
    const outputs = await Promise.all([node, addon].map((file) => run(ldd, [file], options)));
    return readLibraries(outputs.map(({ stdout }) => stdout).join('\n'));
  } catch {
    // Without the list of libraries nothing could start inside.
    return null;
  }
}

/**
 * Look for the tools. Finds nothing but on Linux: elsewhere their flags mean something else.
 *
 * @param files - The runner's files on this machine.
 */
export async function findTools(files: RunnerFiles): Promise<WallTools> {
  const { platform, arch } = process;
  if (platform !== 'linux') return NO_TOOLS;
  const names = ['prlimit', 'setpriv', 'bwrap', 'unshare', 'sh'] as const;
  const [libraries, ...tools] = await Promise.all([findLibraries(files), ...names.map(findTool)]);
  const [prlimit = null, setpriv = null, bwrap = null, unshare = null, shell = null] = tools;
  if (libraries === null) return { ...NO_TOOLS, prlimit, setpriv };
  const filter = isFilterArch(arch) ? makeFilter(arch) : null;
  return {
    prlimit,
    setpriv,
    bubblewrap: bwrap === null ? null : { bwrap, libraries, filter },
    namespaces: toNamespaces({ unshare, setpriv, shell, libraries }),
  };
}

type Found<T> = { readonly [Key in keyof T]: T[Key] | null };

function toNamespaces(
  found: Found<NonNullable<WallTools['namespaces']>> & { readonly libraries: readonly string[] },
): WallTools['namespaces'] {
  const { unshare, setpriv, shell, libraries } = found;
  return unshare === null || setpriv === null || shell === null ? null : { unshare, setpriv, shell, libraries };
}

/** A process that was started to look around, and what it saw. */
type Looker = { readonly observed: ObservedWalls };

/** What a probe ends with; `looker` still runs. */
export type ProbedWalls<L extends Looker> = {
  readonly tools: WallTools;
  readonly walls: readonly WallState[];
  readonly looker: L;
};

/** What to leave out, one after the other, when nothing starts behind all of them. */
function* weaker(tools: WallTools): Generator<WallTools> {
  const { bubblewrap, namespaces } = tools;
  yield tools;
  if (bubblewrap !== null && bubblewrap.filter !== null) {
    yield { ...tools, bubblewrap: { ...bubblewrap, filter: null } };
  }
  if (bubblewrap !== null) yield { ...tools, bubblewrap: null };
  const rest = { ...tools, bubblewrap: null, namespaces: null };
  if (namespaces !== null) yield rest;
  if (tools.setpriv !== null) yield { ...rest, setpriv: null };
  if (tools.prlimit !== null && tools.setpriv !== null) yield { ...rest, prlimit: null };
  yield NO_TOOLS;
}

/**
 * Start a runner behind all walls that the tools promise, and behind fewer while it does not start.
 *
 * @param deps - `look`: start a runner behind these tools that tells what it sees; rejects when it does not start.
 * @param found - Tools of this machine.
 * @param options - `heapBytes`: memory class of that runner.
 * @throws what `look` throws behind no wall at all.
 */
export async function probeWalls<L extends Looker>(
  deps: { readonly log: Logger; readonly look: (tools: WallTools) => Promise<L> },
  found: WallTools,
  options: { readonly heapBytes: number },
): Promise<ProbedWalls<L>> {
  let failure: unknown = null;
  for (const tools of weaker(found)) {
    try {
      const looker = await deps.look(tools);
      return { tools, walls: toWallStates(tools, looker.observed, options), looker };
    } catch (error) {
      failure = error;
      deps.log.warn({ err: error }, 'a runner does not start behind these walls: trying with fewer');
    }
  }
  throw failure;
}
