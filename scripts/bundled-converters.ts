// Puts every converter of `converters/` through the gate's own check, so that a start need not.

import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { formatFinding } from '../src/core/findings.ts';
import { checkFolder } from '../src/gate/check.ts';
import type { CheckedConverter } from '../src/gate/checked.ts';
import type { FilePolicy } from '../src/gate/files.ts';
import { MANIFEST_FILE } from '../src/gate/manifest.ts';
import { toShippedText } from '../src/gate/shipped.ts';

const FOLDER = 'converters';

// Trust: whoever builds the package owns what lies in it, so owners and modes say nothing here.
const POLICY: FilePolicy = { trustedUids: null, forbiddenMode: 0 };

function checkConverter(root: string, name: string): CheckedConverter {
  // Trust: our own code, so the parsers may run in this very thread.
  const verdict = checkFolder({ folder: path.join(root, FOLDER, name), policy: POLICY }, { atFile: () => undefined });
  if (verdict.kind === 'passed') return verdict.converter;
  const lines = verdict.findings.map(formatFinding).join('\n');
  throw new Error(`Cannot bundle converter ${name}: it does not pass the gate\n${lines}`);
}

/**
 * Check every bundled converter.
 *
 * @param root - Package root; the converters are the folders of its `converters/`.
 * @returns Text for the bundle, in order of name, and the files it was made from, relative to `root` with `/`.
 * @throws when one does not pass; the message has every finding.
 */
export async function checkBundledConverters(
  root: string,
): Promise<{ readonly text: string; readonly inputs: readonly string[] }> {
  const entries = await readdir(path.join(root, FOLDER), { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const converters = names.sort().map((name) => checkConverter(root, name));
  const inputs = converters.flatMap(({ manifest, files }) =>
    [MANIFEST_FILE, ...files.keys()].map((file) => `${FOLDER}/${manifest.name}/${file}`),
  );
  return { text: toShippedText(converters), inputs };
}
