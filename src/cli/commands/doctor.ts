// airlock doctor: looks at everything, writes nothing, works with the daemon dead.

import { hostname } from 'node:os';
import { type CheckResult, runChecks } from '../../doctor/check.ts';
import { makeChecks } from '../../doctor/checks.ts';
import { checkWalls } from '../../doctor/walls.ts';
import type { Command } from '../context.ts';
import { type Output, toPrintable } from '../output.ts';

const STYLES = { OK: 'green', WARN: 'yellow', FAIL: 'red', SKIP: 'dim' } as const;

function printResult(output: Output, { section, name, status, message, mend }: CheckResult): void {
  output.line(`${output.style(STYLES[status], status.padEnd(4))} ${section}/${name}: ${toPrintable(message)}`);
  if (mend !== null) output.line(`       mend: ${toPrintable(mend)}`);
}

/** Exit 0 = no FAIL, 1 = FAIL. */
export const doctor: Command<Record<string, never>> = async ({ places, env, version, signal, key, output }) => {
  const deps = { places, env, version, signal, key, hostname: hostname() };
  const results = await runChecks(makeChecks(deps, checkWalls(deps)));
  const isHealthy = results.every(({ status }) => status !== 'FAIL');
  if (output.isJson) output.document({ healthy: isHealthy, checks: results });
  for (const result of results) printResult(output, result);
  return isHealthy ? 0 : 1;
};
