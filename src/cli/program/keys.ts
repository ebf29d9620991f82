// The command line's part about keys.

import { type Command as Commander, InvalidArgumentError } from 'commander';
import { isName } from '../../core/ids.ts';
import { type Scope, SCOPES } from '../../core/scopes.ts';
import { parseDuration } from '../argument-values.ts';
import type { Choose } from './choose.ts';

/** The name of a key. */
function parseKid(text: string): string {
  if (isName(text)) return text;
  throw new InvalidArgumentError('A name is at most 32 lower-case letters, digits and "-".');
}

/** Scopes with commas between them; each counts once. */
function parseScopes(text: string): readonly Scope[] {
  const named = new Set(text.split(',').map((word) => word.trim()));
  const scopes = SCOPES.filter((scope) => named.has(scope));
  if (scopes.length === named.size) return scopes;
  throw new InvalidArgumentError(`Write ${SCOPES.join(', ')}, with commas between them.`);
}

type CreateOptions = { readonly scope: readonly Scope[]; readonly label?: string };

/** `key`. */
export function addKey(program: Commander, choose: Choose): void {
  const key = program.command('key').description('who may speak to the daemon');
  key
    .command('list')
    .description('each with what it may do, and until when')
    .action(() => choose(async () => (await import('../commands/key.ts')).keyList, {}));
  key
    .command('create')
    .description('a new key in a file of its own; says where the file is')
    .argument('<name>', 'of the key', parseKid)
    .requiredOption('--scope <scopes>', `${SCOPES.join(', ')}, with commas between them`, parseScopes)
    .option('--label <text>', 'what it is for, at most 100 characters')
    .action((kid: string, { scope, label }: CreateOptions) =>
      choose(async () => (await import('../commands/key.ts')).keyCreate, { kid, scopes: scope, label: label ?? null }),
    );
  key
    .command('revoke')
    .description('void from now on: its connections are closed, its file is removed')
    .argument('<name>', 'of the key', parseKid)
    .option('--force', 'also the key of this very call, and the last one with admin')
    .action((kid: string, { force }: { force?: boolean }) =>
      choose(async () => (await import('../commands/key.ts')).keyRevoke, { kid, isForced: force === true }),
    );
  key
    .command('rotate')
    .description(
      'a new key NAME-r2 beside the old one, which stays valid for a while; local gets another secret at once',
    )
    .argument('<name>', 'of the key', parseKid)
    .option('--keep <duration>', 'how long the old one stays valid (24 h); 0: the key keeps its name', parseDuration)
    .action((kid: string, { keep }: { keep?: number }) =>
      choose(async () => (await import('../commands/key.ts')).keyRotate, { kid, keepMs: keep ?? null }),
    );
}
