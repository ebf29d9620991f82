// Running a converter on one job: the trampoline between the sealed runner and the author's function.

import { makeReports, type ReportsOwner } from './builder.ts';
import type { ConverterContext } from './definition.ts';
import { describeError } from './describe-error.ts';
import { makeEmitter } from './emit.ts';
import type { GuestEnd, GuestJob, Host } from './host.ts';
import { makeInput } from './input.ts';
import { bindLog } from './log.ts';
import { makeRandom } from './random.ts';

const { parse, stringify } = JSON;
const { freeze } = Object;

/** Options, limits and results of one run. */
type Run = { readonly job: GuestJob; readonly owner: ReportsOwner };

// State of the module: a context runs one job.
let end: GuestEnd = { kind: 'pending' };

function makeContext(host: Host, job: GuestJob): ConverterContext {
  const { progress } = host;
  return freeze({
    __proto__: null,
    arguments: freeze(job.arguments),
    now: new Date(job.nowUnixMs),
    station: freeze(job.station),
    random: makeRandom(job.seed),
    progress: (fraction: number): void => {
      if (fraction >= 0 && fraction <= 1) progress(fraction);
    },
  });
}

function conclude({ job, owner }: Run): GuestEnd {
  if (!owner.hasOpenReport()) return { kind: 'done' };
  return describeError(new Error('Cannot end the conversion: a report was started and not finished'), job.limits);
}

/** Follow a promise with the language's own machinery, which a converter cannot replace. */
async function follow(promise: PromiseLike<unknown>, run: Run): Promise<void> {
  try {
    await promise;
    end = conclude(run);
  } catch (error) {
    end = describeError(error, run.job.limits);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value;
}

function call(host: Host, definition: unknown, job: GuestJob): GuestEnd {
  const convert: unknown = typeof definition === 'object' && definition !== null && Reflect.get(definition, 'convert');
  if (typeof convert !== 'function') {
    throw new TypeError('Cannot run the converter: its default export has no function "convert"');
  }
  bindLog(host, job.limits.logLine);
  const owner = makeReports(makeEmitter(host), job.input.name);
  const result: unknown = Reflect.apply(convert, definition, [
    makeInput(host, job),
    owner.reports,
    makeContext(host, job),
  ]);
  if (!isThenable(result)) return conclude({ job, owner });
  void follow(result, { job, owner });
  return { kind: 'pending' };
}

/**
 * Run a converter. Never throws, but for what the engine throws at a limit.
 *
 * @param host - Functions of the host.
 * @param definition - The converter's default export, unchecked.
 * @param jobText - {@link GuestJob} as JSON text.
 * @returns {@link GuestEnd} as JSON text.
 */
export function run(host: Host, definition: unknown, jobText: string): string {
  const job = parse(jobText) as GuestJob;
  end = { kind: 'pending' };
  try {
    const first = call(host, definition, job);
    if (first.kind !== 'pending') end = first;
  } catch (error) {
    end = describeError(error, job.limits);
  }
  return stringify(end);
}

/** How a run that was `pending` stands now, as {@link GuestEnd} in JSON text. */
export function poll(): string {
  return stringify(end);
}
