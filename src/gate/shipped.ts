// Bundled converters as the gate passed them when the package was built: written down once, read at every start.

import { z } from 'zod';
import { AirlockError } from '../core/errors.ts';
import type { CheckedConverter } from './checked.ts';
import { manifestSchema } from './manifest.ts';

const shippedSchema = z.array(
  z
    .strictObject({
      manifest: manifestSchema,
      sha256: z.string().regex(/^[0-9a-f]{64}$/),
      entry: z.string(),
      files: z.record(z.string(), z.string()).transform((files) => new Map(Object.entries(files))),
    })
    .refine(({ entry, files }) => files.has(entry), 'the entry is not among the files'),
);

/**
 * Write converters down, so that {@link parseShipped} gives the same ones again.
 *
 * @param converters - Each passed the gate.
 * @returns JSON text.
 */
export function toShippedText(converters: readonly CheckedConverter[]): string {
  const written = converters.map((converter) => ({ ...converter, files: Object.fromEntries(converter.files) }));
  return `${JSON.stringify(written, null, 2)}\n`;
}

/**
 * Read converters that were written down.
 *
 * Trust: the caller has compared the text with its hash; nothing in it is checked again but its shape.
 *
 * @param text - From {@link toShippedText}.
 * @throws {AirlockError} unavailable when another version of this program wrote it.
 */
export function parseShipped(text: string): readonly CheckedConverter[] {
  try {
    return shippedSchema.parse(JSON.parse(text));
  } catch (cause) {
    const message = 'Cannot read the bundled converters: they are not understood, run "npm run bundle"';
    throw new AirlockError('unavailable', message, { cause });
  }
}
