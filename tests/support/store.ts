// Small inputs and a real engine in a private temporary folder, for the tests of the store.

import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toKeyId, toReportId, toSubmissionId } from '../../src/core/ids.ts';
import { type Engine, openEngine } from '../../src/store/engine.ts';
import type { StoreLimits } from '../../src/store/context.ts';
import type { Settled, StoreReply } from '../../src/store/messages.ts';
import type { StoreArguments, StoreMethod, StoreRequest, StoreResult } from '../../src/store/operations.ts';
import type { PlacedInput } from '../../src/store/placed.ts';
import type { AcceptInput, NewReport, StoreChange, StoredAttachment, SubmissionEnd } from '../../src/store/types.ts';

/** A wall clock's start for tests: noon, so that "today" has room on both sides. */
export const NOON_UNIX_MS = Date.UTC(2026, 2, 4, 12);

/** A private temporary folder, removed when disposed. */
export function makeTemporaryFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), 'airlock-store-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

let lastKey = 0;

/** What the store takes and what its thread takes. */
export type InlineInput = AcceptInput & PlacedInput;

/** A file to take in; every call has a key of its own. */
export function makeInput(changes: Partial<InlineInput> & { readonly text?: string } = {}): InlineInput {
  lastKey += 1;
  const { text = 'a;b\n1;2\n', ...rest } = changes;
  return {
    kid: toKeyId('station'),
    idempotencyKey: `key-${lastKey}`,
    name: 'unit.csv',
    body: { kind: 'inline', bytes: Buffer.from(text) },
    companions: [],
    uploadIds: [],
    origin: null,
    converter: null,
    arguments: {},
    priority: 5,
    group: null,
    ...rest,
  };
}

/** The n-th report id. */
export const reportId = (n: number) => toReportId(`00000000-0000-4000-8000-${String(n).padStart(12, '0')}`);

/** A report for one destination, `folder`. */
export function makeReport(n: number, changes: Partial<NewReport> = {}): NewReport {
  return {
    reportId: reportId(n),
    kind: 'test',
    outcome: 'passed',
    partNumber: 'PN-1',
    serialNumber: `SN-${n}`,
    body: `{"n":${n}}`,
    attachments: [],
    destinations: ['folder'],
    ...changes,
  };
}

/** An attachment under its own hash. */
export function makeAttachment(content: string | Uint8Array): StoredAttachment {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
  return { sha256: createHash('sha256').update(bytes).digest('hex'), bytes };
}

/** A report whose body names its attachments, as canonical bodies do. */
export function makeAttached(n: number, attachments: readonly StoredAttachment[], note = ''): NewReport {
  const named = attachments.map(({ sha256 }) => ({ sha256 }));
  return makeReport(n, { body: JSON.stringify({ n, note, attachments: named }), attachments });
}

const TRACE = { converter: { name: 'csv', version: '1.0.0', sha256: 'c0ffee' }, log: [], warnings: [] } as const;

/** The end of a conversion with these reports. */
export function converted(...reports: readonly NewReport[]): SubmissionEnd {
  return { ...TRACE, state: 'converted', reports };
}

/** Any other end of a conversion. */
export function ended(end: Record<string, unknown> & { readonly state: SubmissionEnd['state'] }): SubmissionEnd {
  return { ...TRACE, ...end } as SubmissionEnd;
}

/** A real engine, in this thread, with a clock that the test moves. */
export type TestEngine = Disposable & {
  nowUnixMs: number;
  readonly path: string;
  /** Folder of large bodies. */
  readonly payload: string;
  readonly changes: readonly StoreChange[];
  /** One call in a group of its own. */
  readonly call: <M extends StoreMethod>(method: M, ...args: StoreArguments[M]) => StoreResult<M>;
  /** Several calls in one group. */
  readonly group: (...calls: readonly (readonly [StoreMethod, ...unknown[]])[]) => readonly StoreReply[];
  /** Close and open again; `kill` leaves out the orderly end. */
  readonly reopen: () => void;
};

const LIMITS: StoreLimits = {
  maxItems: 0,
  maxBytes: 0,
  diskFloorBytes: 0,
  ballastBytes: 0,
  receipts: { keep: 30 * 86_400_000, count: 100_000 },
  idempotencyMs: 86_400_000,
};

/** Open an engine in a fresh folder. */
export function openTestEngine(limits: Partial<StoreLimits> = {}): TestEngine {
  const folder = makeTemporaryFolder();
  const path = join(folder.path, 'queue.db');
  const changes: StoreChange[] = [];
  const inHand = { submissions: [], deliveries: [], uploads: [] };
  const files = { database: path, payload: join(folder.path, 'payload'), ballast: join(folder.path, 'ballast') };
  let lastId = 0;
  let engine: Engine;
  const test: TestEngine = {
    nowUnixMs: NOON_UNIX_MS,
    path,
    payload: files.payload,
    changes,
    call: (method, ...args) => {
      const [reply] = test.group([method, ...args]);
      if (reply?.kind === 'value') return reply.value as never;
      throw Object.assign(new Error(`call ended as ${reply?.kind}`), { reply });
    },
    group: (...calls) => {
      const requests = calls.map(([method, ...args]) => {
        lastId += 1;
        return { id: lastId, nowUnixMs: test.nowUnixMs, method, args } as StoreRequest;
      });
      const replies = new Map<number, StoreReply>();
      engine.run(requests, (settled: Settled) => {
        changes.push(...settled.changes);
        for (const { id, reply } of settled.answers) replies.set(id, reply);
      });
      return requests.flatMap(({ id }) => replies.get(id) ?? []);
    },
    reopen: () => {
      engine[Symbol.dispose]();
      engine = open();
    },
    [Symbol.dispose]: () => {
      engine[Symbol.dispose]();
      folder[Symbol.dispose]();
    },
  };
  const open = (): Engine =>
    openEngine({ files, limits: { ...LIMITS, ...limits }, nowUnixMs: test.nowUnixMs, lastChangeSeq: 0, inHand });
  engine = open();
  return test;
}

/** Take one file in, or fail the test. */
export function acceptOne(engine: TestEngine, changes: Parameters<typeof makeInput>[0] = {}) {
  const outcome = engine.call('accept', makeInput(changes));
  if (outcome.kind !== 'accepted') throw new Error(`expected accepted, got ${outcome.kind}`);
  return toSubmissionId(outcome.submissionId);
}

/** Take one file in and convert it to these reports. */
export function convertOne(
  engine: TestEngine,
  reports: readonly NewReport[],
  changes: Parameters<typeof makeInput>[0] = {},
) {
  const submissionId = acceptOne(engine, changes);
  const claim = engine.call('claimSubmission');
  if (claim.kind !== 'claimed' || claim.item.submissionId !== submissionId) throw new Error('claimed another one');
  engine.call('endSubmission', submissionId, converted(...reports));
  return submissionId;
}

/** Claim a delivery of `folder`, or fail the test. */
export function claimOne(engine: TestEngine, destination = 'folder') {
  const claim = engine.call('claimDelivery', destination, { isProbe: false });
  if (claim.kind !== 'claimed') throw new Error('nothing to deliver');
  return claim.item;
}

/** A delivered end. */
export const DELIVERED = { state: 'delivered', serverId: 'S1', answer: 'ok' } as const;
