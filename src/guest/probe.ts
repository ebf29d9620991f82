// Asking a converter how sure it is of a file: whatever its `probe` does, the answer is a number from 0 to 1, or why there is none.

import { describeError } from './describe-error.ts';
import type { ProbeHead } from './definition.ts';
import type { GuestHead, GuestProbe } from './host.ts';
import { toBytes } from './input.ts';

const { parse, stringify } = JSON;
const { freeze } = Object;

function makeHead({ name, size, text, bytes: raw }: GuestHead): ProbeHead {
  let bytes: Uint8Array | null = null;
  // Made when it is asked for: most probes read the text only.
  return freeze({
    name,
    size,
    text,
    get bytes(): Uint8Array {
      return (bytes ??= toBytes(raw));
    },
  });
}

function explain(thrown: unknown, errorText: number): string {
  const end = describeError(thrown, { errorText, errorStack: 0, logLine: 0 });
  return end.kind === 'failed' ? `${end.name}: ${end.message}`.slice(0, errorText) : `threw ${end.kind}`;
}

function ask(definition: unknown, head: GuestHead): GuestProbe {
  const asked: unknown = typeof definition === 'object' && definition !== null && Reflect.get(definition, 'probe');
  if (asked === false || asked === undefined) return { kind: 'absent' };
  if (typeof asked !== 'function') return { kind: 'none', reason: 'its probe is no function' };
  const value: unknown = Reflect.apply(asked, definition, [makeHead(head)]);
  if (typeof value === 'number' && value >= 0 && value <= 1) return { kind: 'confidence', value };
  return {
    kind: 'none',
    reason: `probe() answered ${typeof value === 'number' ? String(value) : `a ${typeof value}`}, not a number from 0 to 1`,
  };
}

/**
 * Ask a converter. Never throws, but for what the engine throws at a limit.
 *
 * @param definition - The converter's default export, unchecked.
 * @param headText - {@link GuestHead} as JSON text.
 * @returns {@link GuestProbe} as JSON text.
 */
export function probe(definition: unknown, headText: string): string {
  const head = parse(headText) as GuestHead;
  let answer: GuestProbe;
  try {
    answer = ask(definition, head);
  } catch (error) {
    answer = { kind: 'none', reason: explain(error, head.errorText) };
  }
  return stringify(answer);
}
