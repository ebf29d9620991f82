// Warnings about a valid configuration: allowed, but worth knowing.

import { formatBytes } from '../core/units.ts';
import type { Remark } from './remark.ts';
import type { AirlockConfig } from './schema/root.ts';

/**
 * Find what is allowed but dangerous or useless.
 *
 * @param config - A valid configuration.
 * @returns warnings only.
 */
export function* findWarnings(config: AirlockConfig): Generator<Remark> {
  const warning = { severity: 'warning', at: 'value' } as const;
  for (const [name, destination] of Object.entries(config.destinations)) {
    if (destination.type !== 'wats' || URL.parse(destination.url)?.protocol !== 'http:') continue;
    const message = 'http: sends the token unencrypted: write https: if the server can do it';
    yield { ...warning, code: 'plain_secret', path: ['destinations', name, 'url'], message };
  }
  const { report } = config.limits;
  const { output } = config.sandbox.limits;
  if (report > output) {
    const message = `is more than sandbox.limits.output (${formatBytes(output)}): a converter stops there first`;
    yield { ...warning, code: 'out_of_range', path: ['limits', 'report'], message };
  }
}
