// Runs a converter in a bare realm of plain Node, against the real assembler: no sandbox, no mock of the guest.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import vm from 'node:vm';
import { buildSync } from 'esbuild';
import type { GuestEnd, GuestJob, Host } from '../../src/guest/host.ts';
import { type Assembler, makeAssembler, type RecordVerdict } from '../../src/report/assemble.ts';
import { type ConversionLimits, DEFAULT_REPORT_LIMITS } from '../../src/report/limits.ts';
import type { ReportStamp } from '../../src/report/stamp.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** Limits as a fresh configuration has them. */
export const LIMITS: ConversionLimits = { ...DEFAULT_REPORT_LIMITS, conversionSteps: 200_000 };

/** The same for every fixture. */
export const STAMP: ReportStamp = {
  submissionId: '0198f5d8-7c00-7000-8000-000000000001',
  receivedAtUnixMs: Date.UTC(2026, 10, 21, 8, 0, 0),
  file: { name: 'input', bytes: 1, sha256: '0'.repeat(64) },
  encoding: 'utf-8',
  converter: { name: 'test', version: '1.0.0', sha256: '1'.repeat(64) },
  format: 'test',
  submittedBy: 'local',
  host: 'TEST-HOST',
  station: { name: 'TEST-STATION', location: '', purpose: '', apply: 'missing', isNameFromReport: false },
};

type Realm = { readonly definition: unknown; readonly run: RunFunction; readonly poll: () => string };
type RunFunction = (host: Host, definition: unknown, job: string) => string;

/** What a conversion left behind. */
export type RealmResult = {
  readonly end: GuestEnd;
  readonly records: readonly string[];
  readonly log: readonly string[];
  readonly verdict: RecordVerdict;
  readonly assembler: Assembler;
};

/** How to run it. */
export type RealmOptions = {
  readonly name?: string;
  readonly mode?: GuestJob['input']['mode'];
  readonly arguments?: Readonly<Record<string, unknown>>;
  readonly limits?: ConversionLimits;
  /** UTF-16 units of each piece of input. */
  readonly pieceLength?: number;
  /** Files beside the input: name and text. */
  readonly companions?: readonly (readonly [name: string, text: string])[];
};

/**
 * Bundle a converter with the guest library into one script for a realm without globals.
 *
 * @param source - TypeScript of a converter, or null with `file`.
 */
function bundle(contents: string): string {
  const built = buildSync({
    stdin: { contents, resolveDir: root, loader: 'ts', sourcefile: 'realm.ts' },
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    alias: { 'airlock/converter': path.join(root, 'src/guest/index.ts') },
    logLevel: 'silent',
  });
  return built.outputFiles[0]?.text ?? '';
}

/** A realm with one converter in it. Every call of what it returns runs in a fresh context. */
export type LoadedConverter = (input: string, options?: RealmOptions) => Promise<RealmResult>;

function open(script: string): Realm {
  const context = vm.createContext(Object.create(null) as object);
  vm.runInContext(script, context);
  return (context as { __realm: Realm }).__realm;
}

function makePull(files: readonly string[], pieceLength: number): Host['pull'] {
  const places = files.map(() => 0);
  return (index) => {
    const at = places[index] ?? 0;
    const piece = (files[index] ?? '').slice(at, at + pieceLength);
    places[index] = at + piece.length;
    return piece;
  };
}

const STATUS = { ok: 0, stop: 1, refuse: 2 } as const;

async function runOnce(script: string, input: string, options: RealmOptions): Promise<RealmResult> {
  const { definition, run, poll } = open(script);
  const assembler = makeAssembler(options.limits ?? LIMITS);
  const records: string[] = [];
  const log: string[] = [];
  let verdict: RecordVerdict = { kind: 'ok' };
  const note = (given: RecordVerdict): number => {
    verdict = given;
    return STATUS[given.kind];
  };
  const { mode = 'text', companions = [] } = options;
  const host: Host = {
    pull: makePull([input, ...companions.map(([, text]) => text)], options.pieceLength ?? 262_144),
    part: (record) => {
      records.push(record);
      return note(assembler.add(record));
    },
    attach: (bytes) => note(assembler.attach(Buffer.from(bytes, 'latin1'))),
    log: (level, text) => log.push(`${level} ${text}`) * 0,
    progress: () => 0,
  };
  const job: GuestJob = {
    input: { name: options.name ?? 'input.txt', size: input.length, mode },
    companions: companions.map(([name, text]) => ({ name, size: text.length, mode })),
    arguments: options.arguments ?? {},
    station: { name: 'TEST-STATION', location: '', purpose: '' },
    nowUnixMs: STAMP.receivedAtUnixMs,
    seed: 1,
    limits: { errorText: 2_048, errorStack: 8_192, logLine: 4_096 },
  };
  let end = JSON.parse(run(host, definition, JSON.stringify(job))) as GuestEnd;
  for (let turn = 0; end.kind === 'pending' && turn < 100; turn += 1) {
    await Promise.resolve();
    end = JSON.parse(poll()) as GuestEnd;
  }
  return { end, records, log, verdict, assembler };
}

/**
 * Load a converter that is given as source.
 *
 * @param source - Its module; imports `airlock/converter`.
 */
export function loadSource(source: string): LoadedConverter {
  const exported = source.replace('export default', 'const definition =');
  const script = bundle(
    `import { poll, run } from './src/guest/runtime.ts';\n${exported}\nglobalThis.__realm = { definition, run, poll };`,
  );
  return (input, options = {}) => runOnce(script, input, options);
}

/**
 * Load one of the bundled converters.
 *
 * @param name - Its folder.
 */
export function loadConverter(name: string): LoadedConverter {
  const script = bundle(
    `import { poll, run } from './src/guest/runtime.ts';
     import definition from './converters/${name}/converter.ts';
     globalThis.__realm = { definition, run, poll };`,
  );
  return (input, options = {}) => runOnce(script, input, options);
}

/**
 * A real sample file.
 *
 * @param file - Below `tests/fixtures/samples`.
 */
export function readSample(file: string): string {
  return readFileSync(path.join(root, 'tests/fixtures/samples', file), 'utf8');
}

/** The reports of a conversion, parsed. Throws when there are none. */
export function reportsOf({ assembler, end, verdict }: RealmResult, stamp: ReportStamp = STAMP): readonly unknown[] {
  const outcome = assembler.finish(stamp);
  if (end.kind !== 'done' || outcome.kind !== 'reports') throw new Error(JSON.stringify({ end, verdict, outcome }));
  return outcome.reports.map(({ body }): unknown => JSON.parse(body));
}
