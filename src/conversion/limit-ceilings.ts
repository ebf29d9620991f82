// What a converter's manifest may ask for: the limits of the configuration, as they hold for that converter.

import type { AirlockConfig } from '../config/schema/root.ts';
import type { LimitCeilings } from '../gate/manifest-limits.ts';

/**
 * The ceilings that the gate holds manifests to.
 *
 * @param config - `sandbox.limits`, and over them what the operator set in `converters.settings`.
 * @returns Ceilings by the converter's name.
 */
export function makeCeilings(config: Pick<AirlockConfig, 'sandbox' | 'converters'>): (name: string) => LimitCeilings {
  const { limits } = config.sandbox;
  const { settings } = config.converters;
  return (name) => {
    const own = Object.hasOwn(settings, name) ? settings[name] : undefined;
    const set = Object.entries(own?.limits ?? {}).filter(([, value]) => value !== undefined);
    return { ...limits, ...Object.fromEntries(set) };
  };
}
