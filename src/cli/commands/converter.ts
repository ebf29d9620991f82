// airlock converter list|check: which converters there are, and what the gate says about a folder.

import path from 'node:path';
import { loadConfig, type LoadOutcome } from '../../config/load.ts';
import { makeCeilings } from '../../conversion/limit-ceilings.ts';
import { resolveConfigPath } from '../../config/config-path.ts';
import { AirlockError, ERROR_CODES } from '../../core/errors.ts';
import { formatFinding } from '../../core/findings.ts';
import { silentLogger } from '../../core/logger.ts';
import type { GateVerdict } from '../../gate/checked.ts';
import { openGate } from '../../gate/open.ts';
import type { CliContext, Command } from '../context.ts';
import { connectDaemon } from '../daemon-link.ts';
import { toPrintableLine } from '../output.ts';
import { findFolder } from '../converter/find-folder.ts';

/** One line each, and why one does not run; with `--json` one document each. */
export const converterList: Command<Record<string, never>> = async (context) => {
  await using client = await connectDaemon(context);
  const { output } = context;
  for (const item of (await client.call('converter/list', {})).items) {
    if (output.isJson) output.document(item);
    const words = `${item.name} ${item.version ?? '-'} ${item.state} (${item.origin})`;
    output.line(item.description === null ? words : `${words}: ${toPrintableLine(item.description)}`);
    if (item.reason !== null) output.line(`  ${toPrintableLine(item.reason)}`);
  }
  return 0;
};

function tellVerdict({ output }: CliContext, folder: string, verdict: GateVerdict): number {
  const isPassed = verdict.kind === 'passed';
  const { findings } = verdict;
  const known = isPassed
    ? {
        name: verdict.converter.manifest.name,
        version: verdict.converter.manifest.version,
        sha256: verdict.converter.sha256,
      }
    : { name: path.basename(folder), version: null, sha256: null };
  if (output.isJson) output.document({ folder, ...known, passed: isPassed, findings });
  for (const finding of findings) output.line(toPrintableLine(formatFinding(finding)));
  output.line(isPassed ? `${known.name} ${known.version} passes, SHA-256 ${known.sha256}` : `${known.name} is refused`);
  return isPassed ? 0 : ERROR_CODES.converter_refused.exit;
}

function notFound(target: string, loaded: LoadOutcome): AirlockError {
  if (loaded.kind === 'loaded') {
    const reason = 'there is no such folder and no converter of that name';
    return new AirlockError('file_unreadable', `Cannot check ${target}: ${reason}`);
  }
  const lines = loaded.findings.map(formatFinding).join('\n');
  const reason = 'there is no such folder, and the configuration, which says where converters lie, has errors';
  return new AirlockError('config_invalid', `Cannot check ${target}: ${reason}\n${lines}`, {
    data: { findings: loaded.findings },
  });
}

/**
 * The gate's verdict on a folder, without a daemon: exit 0 passed, 65 refused.
 *
 * @throws {AirlockError} file_unreadable when there is no such folder; config_invalid when there may be one, and the configuration
 * that names the folders of converters cannot be used. A folder that is found is checked without.
 */
export const converterCheck: Command<{ readonly target: string }> = async (context, { target }) => {
  const { places, env } = context;
  const loaded = await loadConfig({ places, env, commandLine: [], hostname: '' });
  const config = loaded.kind === 'loaded' ? loaded.config : null;
  const configured = Object.values(config?.converters.folders ?? {});
  const folders = configured.map(({ path: written }) => resolveConfigPath(places, written));
  const folder = await findFolder(target, { folders });
  if (folder === null) throw notFound(target, loaded);
  const ceilings = config === null ? {} : { ceilingsOf: makeCeilings(config) };
  const gate = openGate({ clock: context.clock, log: silentLogger, ...ceilings });
  return tellVerdict(context, folder, await gate.check(folder, { signal: context.signal }));
};
