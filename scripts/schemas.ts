// Generates schemas/ from the zod schemas: `--write` replaces the files, `--check` fails when one has drifted.

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { ANSWERS, type Answer, FAILURE } from '../src/cli/answers.ts';
import { configSchema } from '../src/config/schema/root.ts';
import { ERROR_CODES } from '../src/core/errors.ts';
import { manifestSchema } from '../src/gate/manifest.ts';
import { EVENT_DATA, EVENT_TOPICS, eventNotificationSchema, laggedNotificationSchema } from '../src/protocol/events.ts';
import {
  authenticateParamsSchema,
  authenticateResultSchema,
  helloParamsSchema,
  helloResultSchema,
} from '../src/protocol/handshake.ts';
import { WIRE_LIMITS } from '../src/protocol/limits.ts';
import type { MethodSpec } from '../src/protocol/method-spec.ts';
import { METHODS } from '../src/protocol/registry.ts';
import { CAPABILITIES, PROTOCOL } from '../src/protocol/version.ts';
import { reportSchema } from '../src/report/schema.ts';
import { PROTOCOL_PAGE, renderProtocolPage } from './protocol-page.ts';

type JsonSchema = z.core.JSONSchema.BaseSchema;
type Override = NonNullable<z.core.ToJSONSchemaParams['override']>;

/** Values with a unit are read from a text or a number, so that a bare number gets a helpful answer; only the text is right. */
const showAsWritten: Override = ({ zodSchema, jsonSchema }) => {
  const meta = z.globalRegistry.get(zodSchema);
  const examples = meta?.['examples'];
  if (jsonSchema.pattern !== undefined && Array.isArray(examples)) {
    delete jsonSchema.anyOf;
    jsonSchema.examples = examples.map(String);
  }
  // A plain text where a secret is wanted is accepted by zod only to be refused with the command that mends it.
  const [only, ...others] = jsonSchema.anyOf?.filter((option) => option.not === undefined) ?? [];
  if (only === undefined || others.length > 0 || jsonSchema.anyOf?.length === 1) return;
  delete jsonSchema.anyOf;
  Object.assign(jsonSchema, only);
};

const toSchema = (schema: z.core.$ZodType): JsonSchema =>
  z.toJSONSchema(schema, { target: 'draft-7', io: 'input', override: showAsWritten });

/** The default of this key is another one on another platform: the same file must come out everywhere. */
function withoutPlatformDefault(schema: JsonSchema): JsonSchema {
  const sandbox = schema.properties?.['sandbox'];
  const walls = typeof sandbox === 'object' ? sandbox.properties?.['requireWalls'] : undefined;
  if (typeof walls !== 'object') throw new Error('Cannot describe sandbox.requireWalls: the key is gone');
  delete walls.default;
  walls.description = 'Default: ["network", "files"] on Linux, [] elsewhere';
  return schema;
}

/** What the schema library cannot put into words, the protocol says by hand (`meta`). */
const toParams = (schema: z.core.$ZodType): JsonSchema =>
  z.toJSONSchema(schema, { target: 'draft-7', io: 'input', override: showAsWritten, unrepresentable: 'any' });

function describeMethod(spec: MethodSpec): object {
  return {
    scopes: spec.scopes,
    class: spec.rateClass,
    since: spec.sinceVersion,
    whileStopping: spec.whileStopping ?? false,
    params: toParams(spec.params),
    result: toSchema(spec.result),
  };
}

function describeProtocol(): object {
  const wireCodes = Object.entries(ERROR_CODES).filter(([, { wire }]) => wire !== null);
  return {
    name: 'airlock-ipc',
    versions: PROTOCOL,
    capabilities: CAPABILITIES,
    limits: WIRE_LIMITS,
    errors: Object.fromEntries(wireCodes),
    handshake: {
      hello: { params: toSchema(helloParamsSchema), result: toSchema(helloResultSchema) },
      authenticate: { params: toSchema(authenticateParamsSchema), result: toSchema(authenticateResultSchema) },
    },
    methods: Object.fromEntries(Object.entries(METHODS).map(([name, spec]) => [name, describeMethod(spec)])),
    events: {
      notification: toSchema(eventNotificationSchema),
      lagged: toSchema(laggedNotificationSchema),
      topics: Object.fromEntries(EVENT_TOPICS.map((topic) => [topic, toSchema(EVENT_DATA[topic])])),
    },
  };
}

// What is printed, not what is read: values with a default are always there.
const describeAnswer = ({ kind, schema }: Answer): object => ({
  kind,
  schema: z.toJSONSchema(schema, { target: 'draft-7', io: 'output', unrepresentable: 'any' }),
});

function describeCommandLine(): object {
  return {
    name: 'airlock command line, answers with --json',
    schemaVersion: 1,
    kinds: {
      document: 'one JSON document',
      lines: 'one JSON document a line, any number of them',
      bare: 'one JSON value a line that names its own version; see report.v1.json',
    },
    failure: describeAnswer(FAILURE),
    commands: Object.fromEntries(Object.entries(ANSWERS).map(([name, answer]) => [name, describeAnswer(answer)])),
  };
}

/**
 * Every file of `schemas/`, by name, as it must be. The same sources give the same text on every platform.
 */
export function generateSchemas(): ReadonlyMap<string, string> {
  const contents = {
    'cli.v1.json': describeCommandLine(),
    'config.v2.json': withoutPlatformDefault(toSchema(configSchema)),
    'converter.v1.json': toSchema(manifestSchema),
    'protocol.json': describeProtocol(),
    'report.v1.json': toSchema(reportSchema),
  };
  return new Map(Object.entries(contents).map(([name, content]) => [name, `${JSON.stringify(content, null, 2)}\n`]));
}

/**
 * The files that are not as generated: changed by hand, out of date, or missing.
 *
 * @param folder - Where the schemas lie.
 */
export async function findDrift(folder: string): Promise<readonly string[]> {
  const drifted: string[] = [];
  for (const [name, text] of generateSchemas()) {
    // Missing counts as drifted; any other trouble shows when the files are written.
    const found = await readFile(path.join(folder, name), 'utf8').catch(() => null);
    // A checkout on Windows may have changed the line ends.
    if (found?.replaceAll('\r\n', '\n') !== text) drifted.push(name);
  }
  return drifted;
}

async function main(mode: string | undefined): Promise<number> {
  const folder = path.join(import.meta.dirname, '..', 'schemas');
  if (mode === '--write') {
    await mkdir(folder, { recursive: true });
    for (const [name, text] of generateSchemas()) await writeFile(path.join(folder, name), text);
    await writeFile(PROTOCOL_PAGE, renderProtocolPage(await readFile(PROTOCOL_PAGE, 'utf8')));
    return 0;
  }
  if (mode !== '--check') {
    console.error('usage: node scripts/schemas.ts --write | --check');
    return 64;
  }
  const drifted = await findDrift(folder);
  for (const name of drifted) console.error(`schemas/${name} is not what the sources say: run "npm run schemas"`);
  return drifted.length === 0 ? 0 : 1;
}

if (import.meta.main) process.exitCode = await main(process.argv[2]);
