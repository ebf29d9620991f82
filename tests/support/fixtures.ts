// Fixtures of the bundled converters: an input, its companions, its arguments, and the reports that are expected.

import { existsSync, globSync, readFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '../..');

/** Files and arguments that belong to a fixture. */
export type Beside = {
  /** What lies in the folder that is named like the input without its extension. */
  readonly companions: readonly { readonly name: string; readonly bytes: Buffer }[];
  /** `<case>.arguments.json`; none without it. */
  readonly given: Readonly<Record<string, unknown>>;
};

/** A fixture. */
export type Fixture = Beside & {
  readonly converter: string;
  readonly name: string;
  readonly bytes: Buffer;
  /** Path of the expected reports. */
  readonly expected: string;
};

/** What belongs to the input at this path. */
export function readBeside(input: string): Beside {
  const folder = path.dirname(input);
  const name = path.basename(input);
  const stem = name.slice(0, name.lastIndexOf('.'));
  const [fixture = ''] = name.split('.in.');
  const given = path.join(folder, `${fixture}.arguments.json`);
  return {
    companions: globSync(`${stem}/*`, { cwd: folder })
      .toSorted()
      .map((one) => ({ name: one, bytes: readFileSync(path.join(folder, one)) })),
    given: existsSync(given) ? (JSON.parse(readFileSync(given, 'utf8')) as Beside['given']) : {},
  };
}

/** All fixtures of all bundled converters. */
export function listFixtures(): readonly Fixture[] {
  return globSync('converters/*/fixtures/*.in.*', { cwd: ROOT })
    .toSorted()
    .filter((file) => path.extname(file) !== '.in')
    .map((file) => {
      const input = path.join(ROOT, file);
      const name = path.basename(input);
      const [fixture = ''] = name.split('.in.');
      return {
        ...readBeside(input),
        converter: path.basename(path.dirname(path.dirname(input))),
        name,
        bytes: readFileSync(input),
        expected: path.join(path.dirname(input), `${fixture}.report.json`),
      };
    });
}
