// Everything between an accepted file and its end, real: gate, registry, sealed runners, store and the loop, in one temporary home.

import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { buildSealed } from '../../scripts/bundle.ts';
import { type AirlockConfigInput, configSchema } from '../../src/config/schema/root.ts';
import { openRegistry, type Registry } from '../../src/conversion/registry.ts';
import { openResults } from '../../src/conversion/results.ts';
import { type Conversions, startConversions } from '../../src/conversion/worker.ts';
import { systemClock } from '../../src/core/clock.ts';
import { type SubmissionId, toKeyId } from '../../src/core/ids.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { isSubmissionOpen } from '../../src/core/states.ts';
import { openGate } from '../../src/gate/open.ts';
import { parseShipped } from '../../src/gate/shipped.ts';
import { openBundle } from '../../src/sandbox/bundle.ts';
import type { Pool } from '../../src/sandbox/job.ts';
import { startPool } from '../../src/sandbox/pool.ts';
import { openStore } from '../../src/store/open.ts';
import type { AcceptInput, Store } from '../../src/store/types.ts';
import { type ConverterFiles, writeConverter } from './converter-folder.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';

const ROOT = resolve(import.meta.dirname, '../..');

type Row = NonNullable<Awaited<ReturnType<Store['getSubmission']>>>;

/** The running parts. */
export type ConversionRig = AsyncDisposable & {
  readonly store: Store;
  readonly pool: Pool;
  readonly registry: Registry;
  readonly conversions: Conversions;
  /** Take a file in. */
  readonly submit: (name: string, bytes: string | Uint8Array, over?: Partial<AcceptInput>) => Promise<SubmissionId>;
  /** The submission once it will not change by itself. */
  readonly ended: (submissionId: SubmissionId) => Promise<Row>;
  /** Both, one after the other. */
  readonly convert: (name: string, bytes: string | Uint8Array, over?: Partial<AcceptInput>) => Promise<Row>;
};

/** What a test may choose. */
export type RigOptions = {
  /** Converters of the folder `dev`, by name. */
  readonly converters?: Readonly<Record<string, ConverterFiles>>;
  readonly approve?: 'manual' | 'auto';
  readonly config?: AirlockConfigInput;
};

let lastKey = 0;

async function waitForEnd(store: Store, submissionId: SubmissionId): Promise<Row> {
  for (;;) {
    const { promise: changed, resolve: onChange } = Promise.withResolvers<void>();
    using _subscription = store.changes.subscribe((change) => {
      if (change.submissionId === submissionId) onChange();
    });
    const row = await store.getSubmission(submissionId, { kid: null });
    if (row === null) throw new Error('there is no such submission');
    if (!isSubmissionOpen(row.state)) return row;
    await changed;
  }
}

async function accept(store: Store, input: Pick<AcceptInput, 'name' | 'body'>, over: Partial<AcceptInput>) {
  lastKey += 1;
  const outcome = await store.accept({
    kid: toKeyId('submit'),
    idempotencyKey: `key-${lastKey}`,
    companions: [],
    origin: null,
    converter: null,
    arguments: {},
    priority: 5,
    group: null,
    ...input,
    ...over,
  });
  if (outcome.kind !== 'accepted') throw new Error(`the store answered ${outcome.kind}`);
  return outcome.submissionId;
}

/** Start them. */
export async function startConversionRig({
  converters = {},
  approve = 'auto',
  config = {},
}: RigOptions = {}): Promise<ConversionRig> {
  await using stack = new AsyncDisposableStack();
  const { path: home } = stack.use(await makeTemporaryFolder());
  await mkdir(join(home, 'dev'), { mode: 0o700 });
  for (const [name, content] of Object.entries(converters)) await writeConverter(join(home, 'dev'), name, content);
  await buildSealed({ root: ROOT, folder: join(home, 'sealed'), guestEntry: 'src/guest/main.ts' });

  const read = configSchema.parse({
    ...config,
    converters: { folders: { dev: { path: 'dev', approve } }, ...config.converters },
  });
  const deps = { clock: systemClock, log: silentLogger };
  const idempotency = { idempotencyMs: 60_000 };
  const store = stack.use(
    await openStore({ ...deps, directory: join(home, 'queue') }, { ...read.queue, ...idempotency }),
  );
  const bundle = await openBundle({ folder: join(home, 'sealed'), root: ROOT });
  const pool = stack.use(await startPool({ ...deps, bundle }, read.sandbox));
  const results = stack.use(openResults());
  const shipped = parseShipped(bundle.converters);
  const resolvePath = (path: string): string => join(home, path);
  const registry = await openRegistry({ ...deps, shipped, resolvePath, gate: openGate(deps) }, read.converters);
  const conversions = stack.use(
    startConversions(
      { ...deps, store, pool, results, registry, hostName: 'bench-7', destinationsFor: () => ['folder'] },
      read,
    ),
  );

  const owned = stack.move();
  const submit: ConversionRig['submit'] = (name, bytes, over = {}) =>
    accept(
      store,
      { name, body: { kind: 'inline', bytes: typeof bytes === 'string' ? Buffer.from(bytes) : bytes } },
      over,
    );
  const ended: ConversionRig['ended'] = (submissionId) => waitForEnd(store, submissionId);
  return {
    store,
    pool,
    registry,
    conversions,
    submit,
    ended,
    convert: async (name, bytes, over) => ended(await submit(name, bytes, over)),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
