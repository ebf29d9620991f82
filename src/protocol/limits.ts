// Limits that no setting changes. Source: protocol.md 2, 4, 7 and 8.

/** Fixed limits of the wire; bytes, counts, milliseconds. */
export const WIRE_LIMITS = {
  preAuthFrameBytes: 4096,
  preAuthFrames: 2,
  preAuthBytes: 8192,
  depth: 64,
  /** Bodies up to this size are exempt from the depth scan. */
  depthExemptBytes: 1024,
  chunkBytes: 65_536,
  inlineBytes: 131_072,
  metaBytes: 8192,
  idChars: 64,
  startTimeoutMs: 2000,
  staleProbeMs: 500,
  socketPathBytes: 103,
} as const;
