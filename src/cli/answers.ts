// The shape of every command's --json answer: what scripts may rely on, and what schemas/cli.v1.json is made from.

import { z } from 'zod';
import { DELIVERY_STATES, SUBMISSION_STATES } from '../core/states.ts';
import { METHODS } from '../protocol/registry.ts';
import { findingSchema } from '../protocol/shapes.ts';

/** `document`: one; `lines`: one a line, any number; `bare`: a value that names its own version. */
export type Answer = { readonly kind: 'document' | 'lines' | 'bare'; readonly schema: z.ZodType };

const envelope = { schemaVersion: z.literal(1) };

const one = (schema: z.ZodObject): Answer => ({ kind: 'document', schema: z.object({ ...envelope, ...schema.shape }) });
const each = (schema: z.ZodObject): Answer => ({ kind: 'lines', schema: z.object({ ...envelope, ...schema.shape }) });

/** A list: one line per row, and a last one with `nextCursor` where there is more. */
function paged(row: z.ZodObject): Answer {
  const more = z.object({ ...envelope, nextCursor: z.string() });
  return { kind: 'lines', schema: z.union([z.object({ ...envelope, ...row.shape }), more]) };
}

const errorSchema = z.object({
  code: z.string(),
  message: z.string(),
  retryable: z.boolean(),
  retryAfterMs: z.number().optional(),
  details: z.unknown().optional(),
});

/** What every command prints when it fails as a whole, in place of its answer. */
export const FAILURE: Answer = one(z.object({ error: errorSchema }));

/** One file, as `submit` tells it. */
const submitLine = z.object({
  file: z.string(),
  submissionId: z.string().nullable(),
  state: z.enum([...SUBMISSION_STATES, 'refused']),
  converter: z.object({ name: z.string(), version: z.string() }).nullable(),
  reports: z.array(
    z.object({
      id: z.string(),
      outcome: z.string(),
      state: z.enum(DELIVERY_STATES),
      destination: z.string().nullable(),
    }),
  ),
  warnings: z.array(z.string()),
  duplicate: z.literal(true).optional(),
  error: errorSchema.optional(),
});

const startSchema = z.object({
  started: z.boolean(),
  pid: z.int(),
  state: z.string(),
  log: z.string().nullable(),
});

const demoSchema = z.object({
  files: z.array(submitLine),
  delivered: z.int(),
  faults: z.array(z.string()),
  home: z.string().optional(),
  inbox: z.string().optional(),
  deliveredTo: z.string().optional(),
});

const checkSchema = z.object({
  section: z.string(),
  name: z.string(),
  status: z.enum(['OK', 'WARN', 'FAIL', 'SKIP']),
  message: z.string(),
  mend: z.string().nullable(),
});

const gateSchema = z.object({
  folder: z.string(),
  name: z.string(),
  version: z.string().nullable(),
  sha256: z.string().nullable(),
  passed: z.boolean(),
  findings: z.array(findingSchema),
});

/** A canonical report: its shape is schemas/report.v1.json. */
const bareReport = z.looseObject({ schema: z.literal('airlock.report/1') });

const convertSchema = z.union([
  bareReport,
  z.object({ ...envelope, file: z.string(), reports: z.array(z.string()) }),
  z.object({ ...envelope, file: z.string(), error: errorSchema }),
]);

/** By command, as it is typed. */
export const ANSWERS = {
  start: one(startSchema),
  restart: one(startSchema.extend({ stopped: z.int().nullable() })),
  stop: one(z.object({ stopped: z.literal(true), pid: z.int() })),
  status: one(METHODS['status/get'].result),
  wait: one(z.object({ ready: z.literal(true).optional(), drained: z.literal(true).optional() })),
  submit: each(submitLine),
  convert: { kind: 'bare', schema: convertSchema },
  'submission list': paged(METHODS['submission/list'].result.shape.items.element),
  'submission show': one(METHODS['submission/get'].result),
  'submission retry': one(METHODS['submission/retry'].result),
  'submission delete': one(METHODS['submission/delete'].result),
  'report list': paged(METHODS['report/list'].result.shape.items.element),
  'report resend': one(METHODS['report/resend'].result),
  'report show': { kind: 'bare', schema: bareReport },
  'queue stats': one(METHODS['queue/stats'].result),
  'queue list': paged(METHODS['queue/list'].result.shape.items.element),
  'queue show': one(METHODS['queue/get'].result),
  'queue retry': one(METHODS['queue/retry'].result),
  'queue hold': one(METHODS['queue/hold'].result),
  'queue release': one(METHODS['queue/release'].result),
  'queue delete': one(METHODS['queue/delete'].result),
  'queue purge': one(METHODS['queue/delete'].result),
  'queue pause': one(METHODS['queue/pause'].result),
  'queue resume': one(METHODS['queue/resume'].result),
  'queue drain': one(METHODS['queue/drain'].result),
  'queue shape': one(METHODS['queue/shape'].result),
  'queue verify': one(METHODS['queue/verify'].result),
  'queue compact': one(METHODS['queue/compact'].result),
  'destination list': each(METHODS['destination/list'].result.shape.items.element),
  'destination test': one(METHODS['destination/test'].result),
  'destination hold': one(METHODS['destination/hold'].result),
  'destination release': one(METHODS['destination/release'].result),
  'converter list': each(METHODS['converter/list'].result.shape.items.element),
  'converter check': one(gateSchema),
  'converter probe': one(METHODS['converter/probe'].result.extend({ file: z.string() })),
  'intake list': one(METHODS['intake/list'].result),
  'intake rescan': one(METHODS['intake/rescan'].result),
  'key list': each(METHODS['key/list'].result.shape.items.element),
  'key create': one(METHODS['key/create'].result),
  'key revoke': one(METHODS['key/revoke'].result),
  'key rotate': one(METHODS['key/rotate'].result),
  'config show': one(METHODS['config/get'].result),
  'config validate': one(METHODS['config/validate'].result),
  'config schema': one(z.object({ schema: z.record(z.string(), z.unknown()) })),
  'config path': one(z.object({ path: z.string(), exists: z.boolean() })),
  /** `live` false and the state `not_running` where no daemon answers. */
  health: one(METHODS['health/get'].result.extend({ live: z.boolean(), state: z.string() })),
  'log-level': one(METHODS['log/setLevel'].result),
  demo: one(demoSchema),
  doctor: one(z.object({ healthy: z.boolean(), checks: z.array(checkSchema) })),
  /** The result of the method itself; see schemas/protocol.json. */
  rpc: { kind: 'document', schema: z.looseObject(envelope) },
  describe: one(METHODS['rpc/describe'].result),
  version: one(z.object({ version: z.string(), node: z.string(), platform: z.string() })),
} as const satisfies Readonly<Record<string, Answer>>;

/** A command that answers with --json. */
export type AnsweringCommand = keyof typeof ANSWERS;
