// The life of the daemon, from configuration to exit, in reading order.

import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { loadConfig } from '../config/load.ts';
import { systemClock } from '../core/clock.ts';
import { AirlockError, ERROR_CODES } from '../core/errors.ts';
import { formatFinding } from '../core/findings.ts';
import type { Environment, Places } from '../disk/places.ts';
import { makeLogger } from '../observe/logger.ts';
import { chooseRestart, type RestartBy } from './begin-anew.ts';
import { compose } from './compose.ts';
import { installFatalHandlers } from './fatal.ts';
import { armAbort, drain } from './shutdown.ts';
import { listenToSignals } from './signals.ts';
import { makeLogLevel } from './log-level.ts';
import { makeStatus } from './status.ts';
import { makeStopRequests } from './stop-request.ts';

/** What a daemon is started with. */
export type DaemonInput = {
  readonly places: Places;
  readonly env: Environment;
  readonly version: string;
  /** `--set key=value`, in order. */
  readonly commandLine: readonly string[];
  /** Aborted by a signal that came before the daemon's own handlers were there. */
  readonly signal: AbortSignal;
};

async function loadOrRefuse({ places, env, commandLine }: DaemonInput) {
  const loaded = await loadConfig({ places, env, commandLine, hostname: hostname() });
  if (loaded.kind === 'loaded') return loaded;
  const lines = loaded.findings.map(formatFinding).join('\n');
  throw new AirlockError('config_invalid', `Cannot start: the configuration has errors\n${lines}`, {
    data: { findings: loaded.findings },
  });
}

/**
 * Run until asked to stop, then drain and close everything.
 *
 * @param input - Places, environment, `--set` values.
 * @returns Null, or how its caller is to begin anew.
 * @throws {AirlockError} config_invalid with every finding; already_running; unavailable; cannot_write.
 */
export async function runDaemon(input: DaemonInput): Promise<RestartBy | null> {
  const { places, env, version } = input;
  const clock = systemClock;
  const startedMs = clock.monotonicMs();
  const startedAt = new Date(clock.nowUnixMs()).toISOString();
  const loaded = await loadOrRefuse(input);
  const { config } = loaded;
  const log = makeLogger({ level: config.observe.log.level, destination: 'stderr' });
  for (const finding of loaded.findings) {
    log[finding.severity === 'info' ? 'info' : 'warn']({ finding }, formatFinding(finding));
  }

  await using stack = new AsyncDisposableStack();
  const fatal = stack.use(installFatalHandlers(log));
  const stops = makeStopRequests(log);
  stack.use(
    listenToSignals({ clock, log, stops, graceMs: config.daemon.drain, hasLauncher: env['AIRLOCK_LAUNCHER'] === '1' }),
  );
  // Race: a signal that came while the configuration was read has aborted the command's own signal only.
  if (input.signal.aborted) stops.ask({ reason: 'signal during start', graceMs: config.daemon.drain });
  const uptimeMs = (): number => Math.round(clock.monotonicMs() - startedMs);
  const boot = { bootId: randomUUID(), instance: places.instance, version, pid: process.pid, uptimeMs };
  const restartBy = chooseRestart(env);
  const status = makeStatus({ loaded, stops, startedAt, nowUnixMs: clock.nowUnixMs });
  const parts = await compose(stack, {
    config,
    places,
    env,
    commandLine: input.commandLine,
    clock,
    log,
    boot,
    startedAt,
    status,
    stops,
    fatal,
    restartBy,
    logLevel: stack.use(makeLogLevel({ clock, log }, config.observe.log.level)),
  });
  log.info(
    {
      home: places.home,
      instance: places.instance,
      pid: process.pid,
      version,
      transport: config.ipc.transport,
      startMs: uptimeMs(),
    },
    'ready',
  );

  const request = await stops.asked;
  const shutdown = { clock, log, config: config.daemon };
  // Order: armed before the drain and disarmed by the stack's very end, so that closing is under the same deadline.
  using _abort = armAbort(shutdown, request, () => process.exit(ERROR_CODES.internal.exit));
  await drain(shutdown, parts, request);
  await stack.disposeAsync();
  log.info({ uptimeMs: uptimeMs() }, 'stopped');
  log.flush();
  return stops.isRestart() ? restartBy : null;
}
