// Protocol version and capabilities: agreed once per connection. Source: protocol.md 3.

/** The range of protocol versions that this build speaks. */
export const PROTOCOL = { min: 1, max: 1 } as const;

/** Capabilities that this build knows. Unknown ones of a peer are ignored; the answer is the intersection. */
export const CAPABILITIES = ['streams'] as const satisfies readonly string[];

/**
 * Highest version both sides speak, or null.
 *
 * @param peer - The peer's range.
 */
export function agreeVersion(peer: { readonly min: number; readonly max: number }): number | null {
  const version = Math.min(peer.max, PROTOCOL.max);
  return version >= Math.max(peer.min, PROTOCOL.min) ? version : null;
}
