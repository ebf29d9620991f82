// Who may see whose rows.

import { hasScope } from '../core/scopes.ts';
import type { Caller } from '../protocol/handler.ts';
import type { Viewer } from '../store/types.ts';

/**
 * A key with `read` sees every row, another one its own only.
 *
 * @param caller - Who calls.
 */
export function viewerOf(caller: Caller): Viewer {
  return { kid: hasScope(caller.scopes, 'read') ? null : caller.kid };
}
