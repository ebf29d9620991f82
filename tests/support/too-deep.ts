// A folder below another whose path is longer than the system takes: it is listed by its parent, and cannot be opened by any path.

import { execFileSync } from 'node:child_process';

const MAKE = `
const { mkdirSync, writeFileSync } = require('node:fs');
for (let depth = 0; depth < 16; depth += 1) { mkdirSync('d'.repeat(255)); process.chdir('d'.repeat(255)); }
writeFileSync('in.json', '{}');
`;

/**
 * Make it. Linux: paths have at most 4,095 bytes, names at most 255.
 *
 * @returns removes it, which `fs.rm` cannot.
 */
export function makeTooDeepFolder(parent: string): Disposable {
  execFileSync(process.execPath, ['-e', MAKE], { cwd: parent });
  return { [Symbol.dispose]: () => void execFileSync('rm', ['-rf', 'd'.repeat(255)], { cwd: parent }) };
}
