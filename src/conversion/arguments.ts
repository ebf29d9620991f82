// The arguments of one conversion: defaults of the manifest, under the operator's, under the submitter's.

import { readArgument } from '../gate/argument-value.ts';
import type { ConverterManifest } from '../gate/manifest.ts';

/** Values as the converter gets them, or the first fault. */
export type ArgumentsOutcome =
  | { readonly kind: 'ok'; readonly values: Readonly<Record<string, unknown>> }
  | { readonly kind: 'wrong'; readonly argument: string; readonly reason: string };

type Given = Readonly<Record<string, unknown>>;

const MAX_SHOWN = 20;

function refuseUnknown(argument: string, known: readonly string[]): ArgumentsOutcome {
  const shown = known
    .slice(0, MAX_SHOWN)
    .map((name) => `"${name}"`)
    .join(', ');
  const list = known.length === 0 ? 'it has none' : `it has ${shown}`;
  return { kind: 'wrong', argument, reason: `argument "${argument}" is unknown to the converter: ${list}` };
}

/**
 * Check and complete arguments. Pure.
 *
 * @param specs - `arguments` of the manifest.
 * @param layers - What was given, weakest first; a later value replaces an earlier one.
 * @returns Every declared argument that has a value; durations in milliseconds.
 */
export function resolveArguments(specs: ConverterManifest['arguments'], layers: readonly Given[]): ArgumentsOutcome {
  const names = Object.keys(specs);
  const given: Given = Object.assign(Object.create(null), ...layers);
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(specs, name));
  if (unknown !== undefined) return refuseUnknown(unknown, names);

  const values: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries(specs)) {
    const value = given[name] ?? spec.default;
    if (value === undefined) continue;
    const reading = readArgument(spec, value);
    if (reading.kind === 'wrong') {
      const reason = `argument "${name}" (${spec.type}) must be ${reading.expected}`;
      return { kind: 'wrong', argument: name, reason };
    }
    values[name] = reading.value;
  }
  return { kind: 'ok', values };
}
