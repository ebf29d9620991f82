// The doctor's checks so far: Node, places, configuration, keys, the daemon, the walls of the sandbox.

import path from 'node:path';
import { type Client, connect } from '../client/connect.ts';
import { loadConfig } from '../config/load.ts';
import { AirlockError } from '../core/errors.ts';
import { formatFinding } from '../core/findings.ts';
import type { Environment, Places } from '../disk/places.ts';
import { findDirectoryProblem } from '../disk/private-directory.ts';
import { listPrivatePlaces, type PrivatePlace } from '../disk/private-places.ts';
import { listKeyIds, loadKey } from '../link/key-file.ts';
import { type Check, fail, mendOf, ok, skip, warn } from './check.ts';

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
    otherwise: 'install Node 24.15 or later',
    run: async () => {
      const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
      const isNewEnough = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
      return isNewEnough
        ? ok(`Node ${process.versions.node}`)
        : fail(`Node ${process.versions.node} is too old`, 'install Node 24.15 or later');
    },
  };
}

function checkPrivate({ name, folder }: PrivatePlace): Check {
  return {
    section: 'places',
    name,
    otherwise: `look at the folders above ${folder}: this user must be able to enter them`,
    run: async () => {
      const problem = await findDirectoryProblem(folder);
      if (problem === null) return ok(folder);
      if (problem.check === 'missing') return skip(`${folder} does not exist yet: the first start makes it`);
      return fail(`${folder}: ${problem.check} found ${problem.found}`, problem.mend);
    },
  };
}

/** What is wrong with one key file, or null. */
async function findKeyProblem(file: string, kid: string): Promise<{ message: string; mend: string } | null> {
  try {
    await loadKey(file, kid);
    return null;
  } catch (error) {
    if (!(error instanceof AirlockError)) throw error;
    return { message: error.message, mend: mendOf(error) ?? `move ${file} away: a start makes a new key` };
  }
}

function checkKeyFiles({ keys }: Places): Check {
  return {
    section: 'places',
    name: 'key-files',
    otherwise: `look at the files in ${keys}: this user must be able to read them`,
    run: async () => {
      const kids = await listKeyIds(keys);
      if (kids.length === 0) return skip(`${keys} holds no keys yet: the first start makes them`);
      const problems = await Promise.all(kids.map((kid) => findKeyProblem(path.join(keys, `${kid}.json`), kid)));
      const found = problems.filter((problem) => problem !== null);
      const [first] = found;
      return first === undefined
        ? ok(`${kids.length} keys: ${kids.join(', ')}`)
        : fail(found.map(({ message }) => message).join('; '), first.mend);
    },
  };
}

function checkConfig({ places, env, hostname }: DoctorDeps): Check {
  return {
    section: 'configuration',
    name: 'config',
    otherwise: `look at ${places.configFile}: it must be a file that this user can read`,
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
      reconnect: false,
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
    otherwise: 'airlock status',
    run: async () => {
      const client = await tryConnect(deps);
      if (client instanceof AirlockError) {
        return client.code === 'not_running'
          ? warn('not running', 'airlock run')
          : fail(`${client.code}: ${client.message}`, mendOf(client) ?? 'airlock status');
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
    ...listPrivatePlaces(places).map(checkPrivate),
    checkKeyFiles(places),
    checkConfig(deps),
    checkDaemon(deps),
    walls,
  ];
}
