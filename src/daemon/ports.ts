// What handlers are given to look at the disk and the network with: made here, where all rooms meet.

import { hostname } from 'node:os';
import { resolveConfigPath } from '../config/config-path.ts';
import type { AirlockConfig } from '../config/schema/root.ts';
import { makeSecretResolver } from '../config/secrets.ts';
import { showConfig } from '../config/show-config.ts';
import { validateConfig } from '../config/validate-config.ts';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/logger.ts';
import { testDestination } from '../delivery/test-destination.ts';
import type { Environment, Places } from '../disk/places.ts';
import type { ConfigPort } from '../handlers/config-get.ts';
import type { DestinationTester } from '../handlers/destination-test.ts';

/** What the ports are made from. */
export type PortDeps = {
  readonly config: Pick<AirlockConfig, 'destinations'>;
  readonly places: Places;
  readonly env: Environment;
  readonly commandLine: readonly string[];
  readonly clock: Clock;
  readonly log: Logger;
};

/** The configuration as it lies on the disk now, under the environment and the command line that this daemon was started with. */
export function makeConfigPort({ places, env, commandLine, clock }: PortDeps): ConfigPort {
  const deps = { places, env, commandLine, hostname: hostname(), clock };
  return { show: (options) => showConfig(deps, options), validate: () => validateConfig(deps, null) };
}

/** Tries out the destinations of the configuration that the daemon runs on. */
export function makeDestinationTester({ config, places, env, clock, log }: PortDeps): DestinationTester {
  const deps = {
    clock,
    resolveSecret: makeSecretResolver({ places, env, log }),
    resolvePath: (written: string) => resolveConfigPath(places, written),
  };
  return async (name, options) => {
    const destination = Object.hasOwn(config.destinations, name) ? config.destinations[name] : undefined;
    if (destination === undefined) return null;
    return { type: destination.type, steps: await testDestination(deps, destination, options) };
  };
}
