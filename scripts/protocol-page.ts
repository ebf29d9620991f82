// Generated parts of docs/protocol.md: limits, errors, methods and worked bytes, as code and transcripts say. Source: docs/protocol.md.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { configSchema } from '../src/config/schema/root.ts';
import { ERROR_CODES } from '../src/core/errors.ts';
import { ANNOUNCED_BYTES, ANNOUNCED_MS, UNANNOUNCED_MS } from '../src/handlers/patient-stream.ts';
import { WIRE_LIMITS } from '../src/protocol/limits.ts';
import type { MethodSpec } from '../src/protocol/method-spec.ts';
import { METHODS } from '../src/protocol/registry.ts';
import { WINDOW_BYTES } from '../src/server/upload-stream.ts';

const root = path.join(import.meta.dirname, '..');

/** Where the page lies. */
export const PROTOCOL_PAGE = path.join(root, 'docs', 'protocol.md');

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

const number = (value: number): string => value.toLocaleString('en-US');
const code = (text: string): string => `\`${text}\``;

type LimitRow = {
  readonly what: string;
  readonly value: number;
  readonly unit: string;
  readonly set?: string;
  readonly told?: string;
};

const { ipc, sandbox } = configSchema.parse({ version: 2 });
const bytes = 'bytes';
const ms = 'ms';
const { preAuth, failedProofs } = ipc;

const WAY_IN: readonly LimitRow[] = [
  { what: 'One frame before authentication', value: WIRE_LIMITS.preAuthFrameBytes, unit: bytes },
  { what: 'Frames before authentication', value: WIRE_LIMITS.preAuthFrames, unit: '' },
  { what: 'All bytes before authentication, lengths included', value: WIRE_LIMITS.preAuthBytes, unit: bytes },
  { what: 'Time until authenticated', value: preAuth.timeout, unit: ms, set: 'ipc.preAuth.timeout' },
  { what: 'Seats before authentication', value: preAuth.seats, unit: '', set: 'ipc.preAuth.seats' },
  {
    what: 'Failed proofs, of all connections together',
    value: failedProofs.count,
    unit: `in ${number(failedProofs.per)} ms`,
    set: 'ipc.failedProofs.count',
  },
  {
    what: 'Answer to a failed proof over that',
    value: failedProofs.delay,
    unit: 'ms later',
    set: 'ipc.failedProofs.delay',
  },
  { what: 'Connections', value: ipc.connections, unit: '', set: 'ipc.connections' },
  { what: 'Connections of one key', value: ipc.perKey, unit: '', set: 'ipc.perKey' },
  { what: 'Connections kept for keys with `admin`', value: ipc.adminReserve, unit: '', set: 'ipc.adminReserve' },
];

const SESSION: readonly LimitRow[] = [
  { what: 'One JSON frame', value: ipc.jsonFrame, unit: bytes, set: 'ipc.jsonFrame', told: 'jsonFrame' },
  {
    what: `Depth of JSON over ${number(WIRE_LIMITS.depthExemptBytes)} bytes`,
    value: WIRE_LIMITS.depth,
    unit: '',
    told: 'depth',
  },
  { what: 'Payload of one chunk', value: WIRE_LIMITS.chunkBytes, unit: bytes, told: 'chunk' },
  {
    what: 'A file inline (decoded); a result that is not streamed',
    value: WIRE_LIMITS.inlineBytes,
    unit: bytes,
    told: 'inline',
  },
  {
    what: 'One file with its companions',
    value: sandbox.limits.input,
    unit: bytes,
    set: 'sandbox.limits.input',
    told: 'report',
  },
  { what: '`_meta` as JSON', value: WIRE_LIMITS.metaBytes, unit: bytes },
  { what: 'An `id` that is text', value: WIRE_LIMITS.idChars, unit: 'UTF-16 units' },
  { what: 'Time for one frame from its first byte', value: ipc.frameTimeout, unit: ms, set: 'ipc.frameTimeout' },
  { what: 'Calls in flight', value: ipc.calls, unit: '', set: 'ipc.calls', told: 'callsInFlight' },
  {
    what: 'Calls with streams and large results, together',
    value: ipc.streams,
    unit: '',
    set: 'ipc.streams',
    told: 'streams',
  },
  { what: 'Subscriptions', value: ipc.subscriptions, unit: '', set: 'ipc.subscriptions', told: 'subscriptions' },
  { what: 'Events kept of each topic', value: ipc.eventHistory, unit: '', set: 'ipc.eventHistory' },
  { what: 'Unsent bytes: events are left out, and nothing is read', value: ipc.unsent.pause, unit: bytes, set: 'ipc.unsent.pause' },
  {
    what: 'Unsent bytes: the server closes',
    value: ipc.unsent.close,
    unit: bytes,
    set: 'ipc.unsent.close',
    told: 'unsentBytes',
  },
  { what: 'First credit of an upload', value: WINDOW_BYTES, unit: bytes },
  { what: 'An announced upload brings', value: ANNOUNCED_BYTES, unit: `bytes in ${number(ANNOUNCED_MS)} ms` },
  { what: 'Any other upload brings a byte in', value: UNANNOUNCED_MS, unit: ms },
];

const RATES: readonly LimitRow[] = [
  { what: '`calls` at once', value: ipc.rate.calls.burst, unit: '', set: 'ipc.rate.calls.burst' },
  { what: '`calls` a minute', value: ipc.rate.calls.perMinute, unit: '', set: 'ipc.rate.calls.perMinute' },
  { what: '`submit` at once', value: ipc.rate.submit.burst, unit: '', set: 'ipc.rate.submit.burst' },
  { what: '`submit` a minute', value: ipc.rate.submit.perMinute, unit: '', set: 'ipc.rate.submit.perMinute' },
  { what: 'All keys together: so many times one key', value: ipc.rate.global, unit: '', set: 'ipc.rate.global' },
];

function renderLimits(): string {
  const rows = [...WAY_IN, ...SESSION, ...RATES].map(({ what, value, unit, set, told }) => [
    what,
    `${number(value)} ${unit}`.trim(),
    told === undefined ? '–' : code(told),
    set === undefined ? 'fixed' : code(set),
  ]);
  return table(['limit', 'default', 'told as', 'setting'], rows);
}

function renderErrors(): string {
  const rows = Object.entries(ERROR_CODES).flatMap(([name, { wire, retryable, meaning }]) =>
    wire === null ? [] : [[`−${-wire}`, code(name), retryable ? 'yes' : 'no', meaning]],
  );
  return table(['number', '`data.code`', 'retryable', 'meaning'], rows);
}

/** Names of an object schema, `?` behind what may be left out. */
function shapeOf(schema: z.ZodType, io: 'input' | 'output'): string {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { target: 'draft-7', io, unrepresentable: 'any' });
  const names = Object.keys(properties).map((name) => (required.includes(name) ? name : `${name}?`));
  return code(`{${names.join(', ')}}`);
}

/** First line of the method's file: what it is in one sentence. */
function summaryOf(name: string): string {
  const file = name.replace('/', '-').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
  const [first = ''] = readFileSync(path.join(root, 'src', 'protocol', 'methods', `${file}.ts`), 'utf8').split('\n');
  return first.replace(`// ${name}: `, '');
}

function methodRow(spec: MethodSpec): readonly string[] {
  const marks = [
    ...(spec.whileStopping === true ? ['also while stopping'] : []),
    ...(spec.largeResult === true ? ['large results'] : []),
  ];
  return [
    code(spec.name),
    spec.scopes.length === 0 ? 'any key' : spec.scopes.join(', '),
    [spec.rateClass, ...marks].join('; '),
    `${shapeOf(spec.params, 'input')} → ${shapeOf(spec.result, 'output')}`,
    summaryOf(spec.name),
  ];
}

function renderMethods(): string {
  const specs: readonly MethodSpec[] = Object.values(METHODS);
  return table(['method', 'scope: one of', 'class', 'params → result', 'what it is'], specs.map(methodRow));
}

function renderHandshake(): string {
  const file = path.join(root, 'tests', 'fixtures', 'transcripts', 'handshake.jsonl');
  const lines = readFileSync(file, 'utf8')
    .split('\n')
    .slice(1, 7)
    .map((line) => JSON.parse(line) as { readonly dir: string; readonly hex: string });
  const shown = lines.map(({ dir, hex }) => {
    const length = hex.slice(0, 8).replace(/../g, '$& ').trim();
    return `${dir.toUpperCase().replace('>', '→')}  ${length}  ${Buffer.from(hex.slice(8), 'hex').toString('utf8')}`;
  });
  return ['```text', ...shown, '```'].join('\n');
}

const BLOCKS: Readonly<Record<string, () => string>> = {
  limits: renderLimits,
  errors: renderErrors,
  methods: renderMethods,
  handshake: renderHandshake,
};

/**
 * The page with its generated parts as they must be.
 *
 * @param page - Text of docs/protocol.md.
 * @throws {Error} when a part is missing.
 */
export function renderProtocolPage(page: string): string {
  return Object.entries(BLOCKS).reduce((text, [name, render]) => {
    const begin = `<!-- generated: ${name} -->`;
    const end = `<!-- end: ${name} -->`;
    const [before, rest] = text.split(begin);
    const after = rest?.split(end)[1];
    if (before === undefined || after === undefined) throw new Error(`Cannot write docs/protocol.md: no part ${name}`);
    return `${before}${begin}\n\n${render()}\n\n${end}${after}`;
  }, page);
}
