// converter.json: what a converter says about itself. Source: sandbox.md 8.

import { z } from 'zod';
import type { Finding } from '../core/findings.ts';
import { readSizeBytes } from '../core/units.ts';
import { ARGUMENT_TYPES, readArgument } from './argument-value.ts';
import { makeFinding } from './finding.ts';
import { findHighLimits, type LimitCeilings, manifestLimitsSchema } from './manifest-limits.ts';
import { placeInManifest } from './manifest-place.ts';

/** Name of the manifest in a converter's folder. */
export const MANIFEST_FILE = 'converter.json';

// Decoded by the runner's host half with Node's TextDecoder.
const ENCODINGS = [
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

const MAX_STARS = 4;

const argumentSchema = z
  .strictObject({
    type: z.enum(ARGUMENT_TYPES),
    default: z.json().optional(),
    values: z.array(z.string().max(100)).max(100).optional(),
    description: z.string().max(500).optional(),
  })
  .superRefine((argument, context) => {
    if ((argument.type === 'enum') !== (argument.values !== undefined && argument.values.length > 0)) {
      context.addIssue({ code: 'custom', path: ['values'], message: 'belongs to the type "enum", which needs it' });
      return;
    }
    if (argument.default === undefined) return;
    const reading = readArgument(argument, argument.default);
    if (reading.kind === 'wrong') {
      context.addIssue({ code: 'custom', path: ['default'], message: `must be ${reading.expected}` });
    }
  });

const namePattern = z
  .string()
  .min(1)
  .max(255)
  .refine((pattern) => pattern.split('*').length - 1 <= MAX_STARS, `must have at most ${MAX_STARS} "*"`);

/** `{stem}` stands for the input's name without its extension; `/` only between folder and name, never upwards. */
const companionPattern = namePattern
  .refine((pattern) => !/[\\\0]|^\/|(?:^|\/)\.\.?(?:\/|$)/.test(pattern), 'must be relative, with "/" and without ".."')
  .refine((pattern) => !/[{}]/.test(pattern.replaceAll('{stem}', '')), 'knows only the placeholder {stem}');

const sizeText = z
  .string()
  .max(20)
  .refine((text) => readSizeBytes(text).kind === 'ok', 'must be a size such as "20 MiB"');

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
      names: z.array(namePattern).max(100).default([]),
      headContains: z.array(z.string().min(1).max(256)).max(16).default([]),
      maxBytes: sizeText.optional(),
    })
    .prefault({}),
  input: z.enum(['lines', 'text', 'bytes']).default('text'),
  encoding: z.enum(ENCODINGS).default('auto'),
  companions: z.array(companionPattern).max(16).default([]),
  arguments: z
    .record(z.string().regex(/^[A-Za-z][A-Za-z0-9]{0,63}$/, 'must be letters and digits'), argumentSchema)
    .default({}),
  /** Lower than `sandbox.limits` alone: more is the finding `limit-too-high`. */
  limits: manifestLimitsSchema.default({}),
});

/** A manifest, read. */
export type ConverterManifest = z.output<typeof manifestSchema>;
/** One declared argument. */
export type ArgumentSpec = z.output<typeof argumentSchema>;

/** A manifest that fits its folder, or everything that is wrong with it. */
export type ManifestReading =
  | { readonly kind: 'read'; readonly manifest: ConverterManifest }
  | { readonly kind: 'refused'; readonly findings: readonly Finding[] };

type Said = { readonly code?: string; readonly message: string; readonly hint?: string };

function refuse(text: string, path: readonly string[], { code = 'manifest', ...said }: Said): Finding {
  const place = { file: MANIFEST_FILE, path: path.join('.'), ...placeInManifest(text, path) };
  return makeFinding(code, place, said);
}

/** Nobody lowers a limit in silence: its author would look for the reason in the converter. */
function refuseHighLimits(text: string, { name, limits }: ConverterManifest, ceilings: LimitCeilings): Finding[] {
  return findHighLimits(limits, ceilings).map((high) =>
    refuse(text, ['limits', high.name], {
      code: 'limit-too-high',
      message: `asks for ${high.asked}, and the configuration allows ${high.allowed}: a manifest can only lower a limit`,
      hint: `ask for ${high.allowed} or less, or let the operator set converters.settings.${name}.limits.${high.name}`,
    }),
  );
}

/**
 * Read `converter.json`.
 *
 * @param text - Its text.
 * @param folderName - Name of the folder it lies in, which `name` has to equal.
 * @param ceilings - What its `limits` may ask for at most; default: anything.
 */
export function parseManifest(text: string, folderName: string, ceilings: LimitCeilings = {}): ManifestReading {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof SyntaxError ? error.message : 'it cannot be parsed';
    const message = `is not JSON: ${reason}`;
    const hint = 'comments and trailing commas are not JSON';
    return { kind: 'refused', findings: [makeFinding('manifest', { file: MANIFEST_FILE }, { message, hint })] };
  }
  const result = manifestSchema.safeParse(json);
  if (!result.success) {
    const findings = result.error.issues.map(({ path, message }) => refuse(text, path.map(String), { message }));
    return { kind: 'refused', findings };
  }
  const manifest = result.data;
  const findings = refuseHighLimits(text, manifest, ceilings);
  if (manifest.name !== folderName) {
    const message = `"${manifest.name}" is not the name of the folder, which is "${folderName}"`;
    findings.push(refuse(text, ['name'], { message, hint: 'rename one of them' }));
  }
  return findings.length === 0 ? { kind: 'read', manifest } : { kind: 'refused', findings };
}
