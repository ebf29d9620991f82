// What the daemon knows about one converter: where it came from, whether it may run, and how the operator has set it.

import type { SandboxLimits } from '../config/schema/sandbox.ts';
import type { Finding } from '../core/findings.ts';
import type { CheckedConverter } from '../gate/checked.ts';
import type { LoadableConverter } from '../sandbox/job.ts';

/** `converters.settings.<name>`, with every default. Limits are the ones that were set; milliseconds and bytes. */
export type ConverterSettings = {
  readonly enabled: boolean;
  /** 1 = first … 10. */
  readonly priority: number;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** Over `converters.alarm` and `.reject`, 0 … 1. */
  readonly alarm?: number | undefined;
  readonly reject?: number | undefined;
  readonly limits: { readonly [Name in keyof SandboxLimits]?: SandboxLimits[Name] | undefined };
};

type Known = {
  readonly name: string;
  /** `bundled`, or the name of the folder in `converters.folders`. */
  readonly origin: string;
  /** Bundled converters share runner processes and need no walls; every other one is a group of its own. */
  readonly trust: LoadableConverter['trust'];
  readonly settings: ConverterSettings;
};

type Passed = Known & { readonly checked: CheckedConverter };

/** A converter that passed the gate and does not run: nobody approved it, or others may write to a folder that is trusted. */
export type PendingConverter = Passed & {
  readonly state: 'pending';
  /** What holds it up, and what ends that: the same words wherever it is shown. */
  readonly pending: { readonly message: string; readonly action: string };
};

/** A converter that passed the gate. */
export type PassedConverter = (Passed & { readonly state: 'approved' }) | PendingConverter;

/** A converter, in one of its states. */
export type RegisteredConverter =
  | PassedConverter
  /** The gate, or the registry itself, says no. */
  | (Known & { readonly state: 'refused'; readonly findings: readonly Finding[] })
  /** Switched off by the operator; it was not even read. */
  | (Known & { readonly state: 'disabled' });

/** Settings of a converter that the configuration does not mention. */
export const DEFAULT_SETTINGS: ConverterSettings = { enabled: true, priority: 5, arguments: {}, limits: {} };

/**
 * Did it pass the gate?
 *
 * @param converter - Any state.
 */
export function isPassed(converter: RegisteredConverter): converter is PassedConverter {
  return converter.state === 'approved' || converter.state === 'pending';
}
