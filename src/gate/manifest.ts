// converter.json: what a converter says about itself. Source: sandbox.md 8.

import { z } from 'zod';

/** Labels of encodings that a manifest may name; decoded by the runner's host half with Node's TextDecoder. */
export const ENCODINGS = [
  'auto',
  'utf-8',
  'utf-16le',
  'utf-16be',
  'windows-1252',
  'iso-8859-1',
  'iso-8859-15',
  'shift_jis',
  'gb18030',
  'euc-kr',
  'big5',
] as const;

const argumentSchema = z.strictObject({
  type: z.enum(['string', 'number', 'integer', 'boolean', 'enum', 'duration', 'map']),
  default: z.json().optional(),
  values: z.array(z.string().max(100)).max(100).optional(),
  description: z.string().max(500).optional(),
});

/** Shape of `converter.json`. */
export const manifestSchema = z.strictObject({
  $schema: z.string().max(500).optional(),
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/, 'must be lower-case letters, digits and "-", at most 64'),
  version: z.string().regex(/^\d{1,5}\.\d{1,5}\.\d{1,5}$/, 'must look like 1.2.3'),
  description: z.string().max(500).optional(),
  entry: z.enum(['converter.ts', 'converter.js']).default('converter.ts'),
  match: z
    .strictObject({
      extensions: z
        .array(z.string().regex(/^\.[^\\/]{1,20}$/, 'must start with a dot'))
        .max(100)
        .default([]),
      names: z.array(z.string().min(1).max(255)).max(100).default([]),
      headContains: z.array(z.string().min(1).max(256)).max(16).default([]),
      maxBytes: z.string().max(20).optional(),
    })
    .prefault({}),
  input: z.enum(['lines', 'text', 'bytes']).default('text'),
  encoding: z.enum(ENCODINGS).default('auto'),
  arguments: z
    .record(z.string().regex(/^[A-Za-z][A-Za-z0-9]{0,63}$/, 'must be letters and digits'), argumentSchema)
    .default({}),
});

/** A manifest, read. */
export type ConverterManifest = z.output<typeof manifestSchema>;
/** One declared argument. */
export type ArgumentSpec = z.output<typeof argumentSchema>;
