// What a key may do.

/** Scopes of a key. `admin` includes `read`; neither includes `submit`. Source: protocol.md 13. */
export const SCOPES = ['submit', 'read', 'admin'] as const;
/** One of {@link SCOPES}. */
export type Scope = (typeof SCOPES)[number];

/**
 * Does a key with these scopes hold `wanted`?
 *
 * @param scopes - Scopes of the key.
 * @param wanted - Scope that is needed.
 */
export function hasScope(scopes: readonly Scope[], wanted: Scope): boolean {
  return scopes.includes(wanted) || (wanted === 'read' && scopes.includes('admin'));
}
