// The doctor's checks so far: Node, places, configuration, keys, the daemon, the walls of the sandbox.

import { type Client, connect } from '../client/connect.ts';
import { loadConfig } from '../config/load.ts';
import { AirlockError } from '../core/errors.ts';
import { formatFinding } from '../core/findings.ts';
import type { Environment, Places } from '../disk/places.ts';
import { findDirectoryProblem } from '../disk/private-directory.ts';
import { type Check, fail, ok, skip, warn } from './check.ts';

/** What the doctor may look at. */
export type DoctorDeps = {
  readonly places: Places;
  readonly env: Environment;
  readonly hostname: string;
  readonly version: string;
  readonly signal: AbortSignal;
  readonly key: string | null;
};

const OLDEST_NODE = [24, 15] as const;

function checkNode(): Check {
  return {
    section: 'program',
    name: 'node',
    run: async () => {
      const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
      const isNewEnough = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
      return isNewEnough
        ? ok(`Node ${process.versions.node}`)
        : fail(`Node ${process.versions.node} is too old`, 'install Node 24.15 or later');
    },
  };
}

function checkPrivate(name: string, path: string): Check {
  return {
    section: 'places',
    name,
    run: async () => {
      const problem = await findDirectoryProblem(path);
      if (problem === null) return ok(path);
      if (problem.check === 'missing') return skip(`${path} does not exist yet: the first start makes it`);
      return fail(`${path}: ${problem.check} found ${problem.found}`, problem.mend);
    },
  };
}

function checkConfig({ places, env, hostname }: DoctorDeps): Check {
  return {
    section: 'configuration',
    name: 'config',
    run: async () => {
      const outcome = await loadConfig({ places, env, commandLine: [], hostname });
      const findings = outcome.findings.map(formatFinding).join('; ');
      if (outcome.kind === 'invalid') return fail(findings, `edit ${outcome.path}`);
      return outcome.findings.length === 0
        ? ok(`${outcome.path} (${outcome.state})`)
        : warn(findings, `edit ${outcome.path}`);
    },
  };
}

async function tryConnect({ places, env, signal, version, key }: DoctorDeps): Promise<Client | AirlockError> {
  try {
    return await connect({
      places,
      env,
      signal,
      client: { name: 'airlock-doctor', version },
      ...(key === null ? {} : { key }),
    });
  } catch (error) {
    if (error instanceof AirlockError) return error;
    throw error;
  }
}

function checkDaemon(deps: DoctorDeps): Check {
  return {
    section: 'daemon',
    name: 'daemon',
    run: async () => {
      const client = await tryConnect(deps);
      if (client instanceof AirlockError) {
        return client.code === 'not_running'
          ? warn('not running', 'airlock run')
          : fail(`${client.code}: ${client.message}`, 'airlock status');
      }
      await using connection = client;
      const status = await connection.call('status/get', {});
      const reasons = status.reasons.map(({ code, subject, message }) => `${code} ${subject}: ${message}`).join('; ');
      return status.reasons.length === 0
        ? ok(`${status.state}, version ${status.version}`)
        : warn(reasons, status.reasons[0]?.action ?? 'airlock status');
    },
  };
}

/**
 * Every check, in the order they are shown.
 *
 * @param deps - What may be looked at.
 * @param walls - The sandbox's own probe.
 */
export function makeChecks(deps: DoctorDeps, walls: Check): readonly Check[] {
  const { places } = deps;
  return [
    checkNode(),
    checkPrivate('home', places.home),
    checkPrivate('keys', places.keys),
    checkPrivate('state', places.state),
    checkPrivate('run', places.run),
    checkConfig(deps),
    checkDaemon(deps),
    walls,
  ];
}
