// airlock config show|validate|schema|path: the configuration of this home, with or without a daemon.

import { access, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import path from 'node:path';
import { eachLeaf, toKeyText } from '../../config/json.ts';
import type { Origin } from '../../config/layers.ts';
import { type ShownConfig, type ShowOptions, showConfig } from '../../config/show-config.ts';
import { validateConfig } from '../../config/validate-config.ts';
import { ERROR_CODES } from '../../core/errors.ts';
import { formatFinding } from '../../core/findings.ts';
import type { CliContext, Command } from '../context.ts';
import { type Output, toJsonText, toPrintableLine } from '../output.ts';

const schemaFile = path.resolve(import.meta.dirname, '../../../schemas/config.v2.json');

function toDeps({ places, env, clock }: CliContext) {
  return { places, env, clock, commandLine: [], hostname: hostname() };
}

function formatOrigin({ origin, file, line, variable }: Origin): string {
  if (variable !== undefined) return variable;
  return file === undefined ? origin : `${path.basename(file)}:${line ?? 1}`;
}

function printWithOrigins(output: Output, { config, origins = {} }: ShownConfig): void {
  for (const { path: key, value } of eachLeaf(config)) {
    const origin = origins[toKeyText(key)];
    const from = origin === undefined ? '' : `  (${formatOrigin(origin)})`;
    output.line(toPrintableLine(`${toKeyText(key)} = ${JSON.stringify(value)}${from}`));
  }
}

/** Secrets are hidden. @throws {AirlockError} config_invalid when what is in force is asked for and nothing could be. */
export const configShow: Command<ShowOptions> = async (context, options) => {
  const { output } = context;
  const shown = await showConfig(toDeps(context), options);
  if (output.isJson) output.document(shown);
  else if (options.withOrigins) printWithOrigins(output, shown);
  else output.line(toJsonText(shown.config, 2));
  return 0;
};

/** Every finding at once. Exit 0, or 78 with the same document. @throws {AirlockError} file_unreadable. */
export const configValidate: Command<{ readonly file: string | null }> = async (context, { file }) => {
  const { output } = context;
  const check = await validateConfig(toDeps(context), file === null ? null : path.resolve(file));
  if (output.isJson) output.document(check);
  for (const finding of check.findings) output.line(toPrintableLine(formatFinding(finding)));
  const words = check.valid ? 'is valid' : 'is not valid';
  output.line(toPrintableLine(`${check.path} ${words} (${check.findings.length} findings, ${check.loadMs} ms)`));
  return check.valid ? 0 : ERROR_CODES.config_invalid.exit;
};

/** The JSON Schema of the configuration file; with `--json` inside a document, under `schema`. */
export const configSchema: Command<Record<string, never>> = async ({ output }) => {
  const text = await readFile(schemaFile, 'utf8');
  const schema: unknown = JSON.parse(text);
  if (output.isJson) output.document({ schema });
  output.line(text.trimEnd());
  return 0;
};

/** Where the configuration lies, or would lie. */
export const configPath: Command<Record<string, never>> = async (context) => {
  const { output } = context;
  const { path: file } = await showConfig(toDeps(context), { isEffective: false, withOrigins: false });
  const exists = await access(file).then(
    () => true,
    () => false, // Not there, or not to be reached: the defaults rule.
  );
  if (output.isJson) output.document({ path: file, exists });
  output.line(file);
  return 0;
};
