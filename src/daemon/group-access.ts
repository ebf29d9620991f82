// What `ipc.groups` asks for: the groups by their ids, and where they find the service. Source: configuration.md 2, `ipc.groups`.

import type { IpcConfig } from '../config/schema/ipc.ts';
import { AirlockError } from '../core/errors.ts';
import { SCOPES } from '../core/scopes.ts';
import { readGroups } from '../disk/groups.ts';
import type { Places } from '../disk/places.ts';
import type { GroupKeysInput, ScopeGroup } from '../link/group-keys.ts';
import type { SharedPlace } from '../link/listen-endpoint.ts';

/** A daemon that people of groups may use. */
export type GroupAccess = { readonly shared: SharedPlace; readonly keys: GroupKeysInput };

function refuse(message: string, reason: string): AirlockError {
  return new AirlockError('unavailable', `Cannot use ipc.groups: ${message}`, { data: { reason } });
}

/**
 * The groups of the configuration by id, in the order submit, read, admin.
 *
 * @param names - `ipc.groups`.
 * @param known - Local groups.
 * @throws {AirlockError} unavailable `no_such_group`.
 */
export function resolveGroups(names: IpcConfig['groups'], known: ReadonlyMap<string, number>): readonly ScopeGroup[] {
  return SCOPES.flatMap((scope) => {
    const name = names[scope];
    if (name === undefined) return [];
    const gid = known.get(name);
    if (gid !== undefined) return [{ scope, gid }];
    const mend = `make it with: groupadd ${JSON.stringify(name)}`;
    throw refuse(
      `this machine has no local group ${JSON.stringify(name)} (ipc.groups.${scope}); ${mend}`,
      'no_such_group',
    );
  });
}

/**
 * Where and for whom this daemon is a system service; null when the configuration names no groups.
 *
 * The first group, in the order submit, read, admin, gets folder and socket: people of the others must be in it too.
 *
 * @throws {AirlockError} unavailable when a group does not exist, or on Windows, where a daemon cannot be shared yet.
 */
export async function findGroupAccess(
  { service }: Pick<Places, 'service'>,
  names: IpcConfig['groups'],
): Promise<GroupAccess | null> {
  if (SCOPES.every((scope) => names[scope] === undefined)) return null;
  const uid = process.getuid?.();
  if (uid === undefined) {
    throw refuse('on Windows nothing gives a group its rights on the key file yet', 'not_on_windows');
  }
  const groups = resolveGroups(names, await readGroups());
  const gid = groups[0]?.gid ?? 0;
  return { shared: { run: service.run, uid, gid }, keys: { directory: service.keys, uid, groups } };
}
