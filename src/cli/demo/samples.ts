// The sample files that ship with airlock: the inputs of the bundled converters' fixtures.
//
// A converter adds its own by putting `fixtures/<case>.in.<ext>` beside `fixtures/<case>.report.json`; files that belong to the
// case lie in the folder `fixtures/<case>.in/`, its arguments in `fixtures/<case>.arguments.json`.

import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { AirlockError } from '../../core/errors.ts';

const installed = path.resolve(import.meta.dirname, '../../..');

/** One sample: where it lies, the name it is submitted under, what belongs to it, and who is expected to take it. */
export type Sample = {
  readonly file: string;
  readonly name: string;
  readonly companions: readonly string[];
  /** As they are written on a command line. */
  readonly arguments: Readonly<Record<string, string>>;
  readonly converter: string;
};

function readArguments(file: string): Readonly<Record<string, string>> {
  if (!existsSync(file)) return {};
  const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'));
  const entries = typeof parsed === 'object' && parsed !== null ? Object.entries(parsed) : [];
  return Object.fromEntries(
    entries.map(([name, value]): [string, string] => [name, typeof value === 'string' ? value : JSON.stringify(value)]),
  );
}

function toSample(root: string, relative: string): Sample {
  const file = path.join(root, relative);
  const folder = path.dirname(file);
  const [caseName = ''] = path.basename(file).split('.in.');
  const companions = globSync(`${caseName}.in/*`, { cwd: folder }).toSorted();
  return {
    file,
    name: path.basename(file).replace('.in.', '.'),
    companions: companions.map((companion) => path.join(folder, companion)),
    arguments: readArguments(path.join(folder, `${caseName}.arguments.json`)),
    converter: path.basename(path.dirname(folder)),
  };
}

/** A case without a report shows what a converter refuses: nothing for a demo. */
function hasReport(root: string, relative: string): boolean {
  return existsSync(path.join(root, relative.replace(/\.in\..*$/, '.report.json')));
}

/**
 * Every sample, by converter and case.
 *
 * @param root - Where `converters/` lies; the installation's own unless a test says otherwise.
 * @throws {AirlockError} unavailable when none is there: the installation is not whole.
 */
export function listSamples(root: string = installed): readonly Sample[] {
  const files = globSync('converters/*/fixtures/*.in.*', { cwd: root })
    .filter((file) => hasReport(root, file))
    .toSorted();
  if (files.length === 0)
    throw new AirlockError('unavailable', 'Cannot run the demo: the sample files are missing, install airlock again');
  return files.map((file) => toSample(root, file));
}
