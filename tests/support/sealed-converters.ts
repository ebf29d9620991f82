// Bundled converters in real sealed runners: what a fixture becomes on its whole way through the walls.

import { createHash } from 'node:crypto';
import path from 'node:path';
import { buildSealed } from '../../scripts/bundle.ts';
import { resolveArguments } from '../../src/conversion/arguments.ts';
import { toLoadable } from '../../src/conversion/conversion-job.ts';
import { openRegistry } from '../../src/conversion/registry.ts';
import { configSchema } from '../../src/config/schema/root.ts';
import { systemClock } from '../../src/core/clock.ts';
import { silentLogger } from '../../src/core/logger.ts';
import { openGate } from '../../src/gate/open.ts';
import { parseShipped } from '../../src/gate/shipped.ts';
import { makeAssembler } from '../../src/report/assemble.ts';
import type { ConversionLimits } from '../../src/report/limits.ts';
import { openBundle } from '../../src/sandbox/bundle.ts';
import type { ConversionOutcome } from '../../src/sandbox/outcome.ts';
import { startPool } from '../../src/sandbox/pool.ts';
import { LIMITS, STAMP } from './guest-realm.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** A file with its companions. */
export type SealedFile = {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly companions?: readonly { readonly name: string; readonly bytes: Uint8Array }[];
};

/** What came out. `reports` is null unless all were taken. */
export type SealedResult = {
  readonly outcome: ConversionOutcome;
  readonly reports: readonly unknown[] | null;
  readonly refusal: string | null;
  readonly ms: number;
};

/** What a run may change. */
export type SealedOptions = {
  readonly arguments?: Readonly<Record<string, unknown>>;
  readonly limits?: ConversionLimits;
};

/** Bundled converters, ready to run. */
export type SealedConverters = AsyncDisposable & {
  readonly convert: (converter: string, file: SealedFile, options?: SealedOptions) => Promise<SealedResult>;
  readonly probe: (converter: string, file: SealedFile) => Promise<number>;
  readonly names: readonly string[];
};

const sha256Of = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Start a pool with every bundled converter. */
export async function startSealedConverters(): Promise<SealedConverters> {
  await using stack = new AsyncDisposableStack();
  const { path: folder } = stack.use(await makeTemporaryFolder());
  await buildSealed({ root: ROOT, folder, guestEntry: 'src/guest/main.ts' });
  const config = configSchema.parse({});
  const deps = { clock: systemClock, log: silentLogger };
  const bundle = await openBundle({ folder, root: ROOT });
  const pool = stack.use(await startPool({ ...deps, bundle }, config.sandbox));
  const shipped = parseShipped(bundle.converters);
  const resolvePath = (name: string): string => path.join(folder, name);
  const registry = await openRegistry({ ...deps, shipped, resolvePath, gate: openGate(deps) }, config.converters);
  const find = (name: string) => {
    const found = registry.find(name);
    if (found === null || !('checked' in found)) throw new Error(`${name} is not there`);
    return found;
  };

  const convert: SealedConverters['convert'] = async (name, file, options = {}) => {
    const converter = find(name);
    const { manifest } = converter.checked;
    const resolved = resolveArguments(manifest.arguments, [options.arguments ?? {}]);
    if (resolved.kind !== 'ok') throw new Error(JSON.stringify(resolved));
    const limits = options.limits ?? { ...LIMITS, ...config.limits, conversionSteps: config.sandbox.limits.steps };
    const assembler = makeAssembler(limits);
    const begunMs = performance.now();
    const toFile = ({ name: fileName, bytes }: Omit<SealedFile, 'companions'>) =>
      ({ name: fileName, body: { kind: 'inline', bytes } }) as const;
    const outcome = await pool.convert(
      {
        converter: toLoadable(converter),
        limits: config.sandbox.limits,
        input: toFile(file),
        companions: (file.companions ?? []).map((one) => ({ ...toFile(one), sha256: sha256Of(one.bytes) })),
        arguments: resolved.values,
        station: { name: 'TEST-STATION', location: '', purpose: '' },
        nowUnixMs: STAMP.receivedAtUnixMs,
        seed: 1,
      },
      { part: assembler.add, attach: assembler.attach, log: () => {}, progress: () => {} },
      { signal: new AbortController().signal },
    );
    const ms = performance.now() - begunMs;
    if (outcome.kind !== 'converted') return { outcome, reports: null, refusal: null, ms };
    const finished = assembler.finish({
      ...STAMP,
      file: { name: file.name, bytes: file.bytes.length, sha256: sha256Of(file.bytes) },
      converter: { name, version: manifest.version, sha256: '1'.repeat(64) },
      format: name,
    });
    if (finished.kind !== 'reports') return { outcome, reports: null, refusal: finished.reason, ms };
    return { outcome, reports: finished.reports.map(({ body }): unknown => JSON.parse(body)), refusal: null, ms };
  };

  const probe: SealedConverters['probe'] = async (name, file) => {
    const head = { name: file.name, size: file.bytes.length, bytes: file.bytes.subarray(0, 64 * 1024) };
    const job = {
      converter: toLoadable(find(name)),
      limits: config.sandbox.limits,
      head,
      nowUnixMs: STAMP.receivedAtUnixMs,
      seed: 1,
    };
    const outcome = await pool.probe(job, { signal: new AbortController().signal });
    return outcome.kind === 'confidence' ? outcome.value : outcome.kind === 'absent' ? 0.5 : 0;
  };

  const owned = stack.move();
  const names = registry.list().map(({ name }) => name);
  return { convert, probe, names, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
