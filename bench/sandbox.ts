// A conversion in a sealed runner beside the same converter and library unprotected in this process: a CSV and a WSJF file, of 10 KB
// and of 10 MB. The limit is taken just before and just after, hot, with the compiler that a sealed runner has not.

import path from 'node:path';
import vm from 'node:vm';
import { build } from 'esbuild';
import pino from 'pino';
import { configSchema } from '../src/config/schema/root.ts';
import type { SandboxConfig } from '../src/config/schema/sandbox.ts';
import { systemClock } from '../src/core/clock.ts';
import { parseShipped } from '../src/gate/shipped.ts';
import type { GuestJob, GuestRuntime, Host } from '../src/guest/host.ts';
import { openBundle, type SealedBundle } from '../src/sandbox/bundle.ts';
import type { ConversionJob, ConversionSink, LoadableConverter, Pool } from '../src/sandbox/job.ts';
import { startPool } from '../src/sandbox/pool.ts';
import { median, report } from './support.ts';

const root = path.resolve(import.meta.dirname, '..');
const MIB = 1024 ** 2;
/** Rows or steps of one unit; as many units as the size needs. */
const STEPS = 80;
const PIECE = 128 * 1024;
const NOW_UNIX_MS = 1_700_000_000_000;
const STATION = { name: 'BENCH', location: '', purpose: '' };
/** The throughput of sandbox.md 11 is that of two runners. */
const RUNNERS = 2;

const CASES = [
  { converter: 'csv-semicolon', bytes: 10_000, runs: 200 },
  { converter: 'wats-wsjf', bytes: 10_000, runs: 200 },
  { converter: 'csv-semicolon', bytes: 10_000_000, runs: 3 },
  { converter: 'wats-wsjf', bytes: 10_000_000, runs: 3 },
] as const;
type Case = (typeof CASES)[number];

const COLUMNS =
  'Part number;Serial number;Revision;Process code;Started at;Station;Operator;Group;Step;Value;Low limit;High limit;Unit;Status;Comment';

function makeCsv(bytes: number): string {
  const lines = [COLUMNS];
  for (let index = 0, size = COLUMNS.length + 1; size < bytes; index += 1) {
    const unit = `PSU-4812;24-${100_000 + Math.floor(index / STEPS)};B;20;2026-03-04T07:58:12+01:00;FCT-3;mk`;
    const group = Math.floor(index / 8) % 10;
    const line = `${unit};Group ${group};Output voltage ${index % STEPS};${47 + (index % 97) / 100};46.5;48.5;V;Pass;`;
    lines.push(line);
    size += line.length + 1;
  }
  return lines.join('\n');
}

function makeStep(index: number): object {
  const value = 47 + (index % 97) / 100;
  return {
    id: index + 2,
    group: 'M',
    stepType: 'ET_NLT',
    name: `Output voltage ${index}`,
    status: 'P',
    totTime: 0.113,
    numericMeas: [{ compOp: 'GELE', name: null, status: 'P', unit: 'V', value, highLimit: 48.5, lowLimit: 46.5 }],
  };
}

function makeWsjf(bytes: number): string {
  const documents: string[] = [];
  for (let unit = 0, size = 0; size < bytes; unit += 1) {
    // A tenth of the file each at most, as `limits.reports` allows.
    const steps = Array.from({ length: bytes > MIB ? 600 : 48 }, (_, index) => makeStep(index));
    const written = JSON.stringify({
      type: 'T',
      id: `7b234dbc-3d06-4738-b176-${(100_000_000_000 + unit).toString()}`,
      pn: 'PSU-4812',
      sn: `24-${100_000 + unit}`,
      rev: 'B',
      processCode: 20,
      processName: 'Function test',
      result: 'P',
      machineName: 'FCT-3',
      location: 'Line 3',
      purpose: 'Bench',
      start: '2026-03-04T07:58:12+01:00',
      root: { id: 1, group: 'M', stepType: 'SequenceCall', name: 'MainSequence', status: 'P', steps },
    });
    documents.push(written);
    size += written.length + 1;
  }
  return documents.length === 1 ? (documents[0] ?? '') : `[${documents.join(',')}]`;
}

const MAKE = { 'csv-semicolon': makeCsv, 'wats-wsjf': makeWsjf } as const;

/** What came out, so that both sides can be held against each other. */
type Tally = { records: number; bytes: number };

/** A converter with the library in this process: no isolate, no wall, no limit, but the same code and the same records. */
type Unprotected = (input: string) => Tally;

async function loadUnprotected(converter: LoadableConverter, limits: GuestJob['limits']): Promise<Unprotected> {
  const built = await build({
    stdin: {
      contents: `import { run } from './src/guest/runtime.ts';
        import definition from './converters/${converter.name}/converter.ts';
        globalThis.__bench = { run, definition };`,
      resolveDir: root,
      loader: 'ts',
    },
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    alias: { 'airlock/converter': path.join(root, 'src/guest/index.ts') },
  });
  vm.runInThisContext(built.outputFiles[0]?.text ?? '');
  const { run, definition } = (
    globalThis as unknown as { __bench: Pick<GuestRuntime, 'run'> & { readonly definition: unknown } }
  ).__bench;
  return (input) => {
    const tally: Tally = { records: 0, bytes: 0 };
    let at = 0;
    const host: Host = {
      pull: () => {
        const piece = input.slice(at, at + PIECE);
        at += piece.length;
        return piece;
      },
      part: (record) => {
        tally.records += 1;
        tally.bytes += record.length;
        return 0;
      },
      attach: () => 0,
      log: () => 0,
      progress: () => 0,
    };
    const job: GuestJob = {
      input: { name: 'bench', size: input.length, mode: converter.input },
      companions: [],
      arguments: {},
      station: STATION,
      nowUnixMs: NOW_UNIX_MS,
      seed: 1,
      limits,
    };
    const end = run(host, definition, JSON.stringify(job));
    if (end !== '{"kind":"done"}') throw new Error(`the converter ended with ${end}`);
    return tally;
  };
}

type Sealed = { readonly pool: Pool; readonly limits: SandboxConfig['limits'] };

async function convertSealed({ pool, limits }: Sealed, converter: LoadableConverter, bytes: Buffer): Promise<Tally> {
  const tally: Tally = { records: 0, bytes: 0 };
  const job: ConversionJob = {
    converter,
    limits,
    input: { name: 'bench', body: { kind: 'inline', bytes } },
    companions: [],
    arguments: {},
    station: STATION,
    nowUnixMs: NOW_UNIX_MS,
    seed: 1,
  };
  const sink: ConversionSink = {
    part: (record) => {
      tally.records += 1;
      tally.bytes += record.length;
      return { kind: 'ok' };
    },
    attach: () => ({ kind: 'ok' }),
    log: () => {},
    progress: () => {},
  };
  const outcome = await pool.convert(job, sink, { signal: new AbortController().signal });
  if (outcome.kind !== 'converted') throw new Error(`the sealed conversion ended: ${JSON.stringify(outcome)}`);
  return tally;
}

async function medianMs(runs: number, once: () => Tally | Promise<Tally>): Promise<{ ms: number; tally: Tally }> {
  const times: number[] = [];
  let tally: Tally = { records: 0, bytes: 0 };
  // The first runs load the converter there, and make the code hot here.
  for (let index = -Math.ceil(runs / 4); index < runs; index += 1) {
    const startedMs = performance.now();
    tally = await once();
    if (index >= 0) times.push(performance.now() - startedMs);
  }
  return { ms: median(times), tally };
}

async function measure(sealed: Sealed, unprotected: Unprotected, run: Case & { of: LoadableConverter }): Promise<void> {
  const text = MAKE[run.converter](run.bytes);
  const bytes = Buffer.from(text);
  const before = await medianMs(run.runs, () => unprotected(text));
  const within = await medianMs(run.runs, () => convertSealed(sealed, run.of, bytes));
  const after = await medianMs(run.runs, () => unprotected(text));
  if (JSON.stringify(within.tally) !== JSON.stringify(after.tally)) {
    throw new Error(`not the same: ${JSON.stringify(within.tally)} and ${JSON.stringify(after.tally)}`);
  }
  report(`${run.converter}, ${Math.round(bytes.length / 1000)} KB, ${within.tally.records} records, sealed`, {
    measured: within.ms,
    limit: (before.ms + after.ms) / 2,
    unit: 'ms',
    limitIs: 'the same converter and library unprotected in this process',
  });
}

async function measureThroughput(sealed: Sealed, unprotected: Unprotected, of: LoadableConverter): Promise<void> {
  const text = makeCsv(CASES[0].bytes);
  const bytes = Buffer.from(text);
  const count = 400;
  let next = 0;
  const lane = async (): Promise<void> => {
    for (; next < count; next += 1) await convertSealed(sealed, of, bytes);
  };
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: RUNNERS }, lane));
  const measured = count / ((performance.now() - startedMs) / 1_000);
  const limit = 1_000 / (await medianMs(200, () => unprotected(text))).ms;
  report(`csv-semicolon, 10 KB, ${RUNNERS} runners, a fresh context each`, {
    measured,
    limit,
    unit: '/s',
    limitIs: 'one after the other unprotected in this process',
  });
}

async function main(bundle: SealedBundle): Promise<void> {
  const { sandbox } = configSchema.parse({});
  const deps = { clock: systemClock, log: pino({ level: 'silent' }), bundle };
  await using pool = await startPool(deps, { ...sandbox, runners: RUNNERS });
  console.error(pool.walls.map(({ name, active }) => `${name} ${active ? 'on' : 'off'}`).join(', '));
  const sealed: Sealed = { pool, limits: sandbox.limits };
  const shipped = parseShipped(bundle.converters);
  const limits = { errorText: 2_048, errorStack: 8_192, logLine: 4_096 };
  for (const run of CASES) {
    const found = shipped.find(({ manifest }) => manifest.name === run.converter);
    if (found === undefined) throw new Error(`${run.converter} is not bundled`);
    const { manifest, sha256, files, entry } = found;
    const { name, version, input, encoding } = manifest;
    const of: LoadableConverter = { name, version, sha256, trust: 'bundled', files, entry, input, encoding };
    const unprotected = await loadUnprotected(of, limits);
    await measure(sealed, unprotected, { ...run, of });
    if (run === CASES[0]) await measureThroughput(sealed, unprotected, of);
  }
}

await main(await openBundle({ folder: path.join(root, 'build', 'sealed'), root }));
