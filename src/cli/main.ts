// The command line's entry: reads the arguments, runs one command, sets the exit code.

import { readFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { systemClock } from '../core/clock.ts';
import { AirlockError, ERROR_CODES, isSystemError } from '../core/errors.ts';
import { resolvePlaces } from '../disk/places.ts';
import type { CliContext } from './context.ts';
import { makeOutput, type Output, toAirlockError } from './output.ts';
import { type GlobalOptions, parseCommandLine } from './program.ts';

function readVersion(): string {
  const text = readFileSync(path.resolve(import.meta.dirname, '../../package.json'), 'utf8');
  const parsed: unknown = JSON.parse(text);
  return typeof parsed === 'object' && parsed !== null && 'version' in parsed ? String(parsed.version) : 'unknown';
}

function toSameHome({ home, instance }: GlobalOptions): readonly string[] {
  return [
    ...(home === undefined ? [] : ['--home', path.resolve(home)]),
    ...(instance === undefined ? [] : ['--instance', instance]),
  ];
}

function makeContext(
  options: GlobalOptions,
  deps: { readonly output: Output; readonly signal: AbortSignal },
): CliContext {
  const { env } = process;
  const places = resolvePlaces({
    home: options.home === undefined ? undefined : path.resolve(options.home),
    instance: options.instance,
    env,
    platform: process.platform,
    homedir: homedir(),
    tmpdir: tmpdir(),
    uid: process.getuid?.() ?? null,
  });
  return {
    ...deps,
    env,
    places,
    sameHome: toSameHome(options),
    key: options.key ?? env['AIRLOCK_KEY'] ?? null,
    clock: systemClock,
    version: readVersion(),
  };
}

/** Interrupts abort the running command with `cancelled`; the daemon's own handlers come first in `run`. */
function interruptSignal(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => controller.abort(new AirlockError('cancelled', `Cannot go on: interrupted by ${name}`)));
  }
  return controller.signal;
}

/** A reader that goes away (`airlock submit … | head -1`) does not stop the work; output that is lost otherwise is a failure. */
function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error) => {
      if (isSystemError(error, 'EPIPE')) return;
      // Order: the last word, whenever the error came.
      process.once('exit', () => (process.exitCode = ERROR_CODES.io_error.exit));
    });
  }
}

async function main(argv: readonly string[]): Promise<number> {
  const output = makeOutput(process, { isJson: argv.includes('--json') });
  const signal = interruptSignal();
  try {
    const invocation = parseCommandLine(argv, { writeOut: (text) => void process.stdout.write(text) });
    if (invocation === null) return 0;
    return await invocation.execute(makeContext(invocation.options, { output, signal }));
  } catch (caught) {
    const error = toAirlockError(signal.aborted && !(caught instanceof AirlockError) ? signal.reason : caught);
    output.failure(error);
    if (error.code === 'internal' && caught instanceof Error) output.note(caught.stack ?? '');
    return error.exitCode;
  }
}

outliveReaders();
process.exitCode = await main(process.argv.slice(2));
