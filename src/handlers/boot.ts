// What handlers know about this run of the daemon.

/** This run of the daemon: new at each start. */
export type BootInfo = {
  readonly bootId: string;
  readonly instance: string;
  readonly version: string;
  readonly pid: number;
  /** Whole milliseconds since the start. */
  readonly uptimeMs: () => number;
};
