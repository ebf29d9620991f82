// Every method tied to its code: the daemon's half of protocol/registry.ts.

import type { ConversionCalls } from '../conversion/call-port.ts';
import type { Clock } from '../core/clock.ts';
import type { Intake } from '../intake/intake.ts';
import type { KeyStore } from '../link/key-store.ts';
import { type BoundMethod, type BoundMethods, bind, type Handler } from '../protocol/handler.ts';
import type { MethodSpec } from '../protocol/method-spec.ts';
import { METHODS } from '../protocol/registry.ts';
import type { Store } from '../store/types.ts';
import { handleAdminShutdown, type ShutdownPort } from './admin-shutdown.ts';
import type { BootInfo } from './boot.ts';
import { handleConverterProbe } from './converter-probe.ts';
import { handleEventsSubscribe } from './events-subscribe.ts';
import { handleEventsUnsubscribe } from './events-unsubscribe.ts';
import { handleIntakeList } from './intake-list.ts';
import { handleIntakeRescan } from './intake-rescan.ts';
import { handleKeyCreate } from './key-create.ts';
import { handleKeyList } from './key-list.ts';
import { handleKeyRevoke } from './key-revoke.ts';
import { handleKeyRotate } from './key-rotate.ts';
import { handlePing } from './ping.ts';
import { handleQueueStats } from './queue-stats.ts';
import { handleReportConvert } from './report-convert.ts';
import { handleReportGet } from './report-get.ts';
import { handleReportList } from './report-list.ts';
import { handleReportSubmit } from './report-submit.ts';
import { handleRpcDescribe } from './rpc-describe.ts';
import { handleStatusGet, type StatusSources } from './status-get.ts';
import { handleSubmissionGet } from './submission-get.ts';
import { handleSubmissionGetMany } from './submission-get-many.ts';
import { handleSubmissionList } from './submission-list.ts';
import type { Registry } from '../conversion/registry.ts';
import { handleConfigValidate } from './config-validate.ts';
import { handleConverterGet } from './converter-get.ts';
import { handleConverterList } from './converter-list.ts';
import { handleDestinationList } from './destination-list.ts';
import { handleQueueList } from './queue-list.ts';
import { handleQueueRetry } from './queue-retry.ts';
import { handleSubmissionRetry } from './submission-retry.ts';
import type { Delivery } from '../delivery/uploader.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { type KeyedSpec, type OnceDeps, onceByKey } from './once-by-key.ts';
import { makeQueueByHand } from './queue-by-hand.ts';
import { handleAdminRestart, type RestartPort } from './admin-restart.ts';
import { handleHealthGet } from './health-get.ts';
import { handleLogSetLevel, type LogLevelPort } from './log-set-level.ts';
import { handleQueueCompact } from './queue-compact.ts';
import { handleQueueShape } from './queue-shape.ts';
import { handleQueueVerify } from './queue-verify.ts';
import { handleReportResend } from './report-resend.ts';
import { handleQueueDrain } from './queue-drain.ts';
import { handleQueueGet } from './queue-get.ts';
import { handleDestinationHold, handleDestinationRelease, handleQueuePause, handleQueueResume } from './queue-pause.ts';
import { handleSubmissionDelete } from './submission-delete.ts';
import { type ConfigPort, handleConfigGet } from './config-get.ts';
import { type DestinationTester, handleDestinationTest } from './destination-test.ts';

/** What the methods need, all together; each handler gets only what it names. */
export type HandlerDeps = {
  readonly store: Store;
  readonly clock: Pick<Clock, 'after' | 'monotonicMs'>;
  readonly conversions: ConversionCalls;
  readonly boot: BootInfo;
  readonly shutdown: ShutdownPort;
  readonly sources: StatusSources;
  readonly intake: Pick<Intake, 'list' | 'rescan'>;
  readonly registry: Pick<Registry, 'list' | 'find'>;
  readonly config: ConfigPort;
  readonly testDestination: DestinationTester;
  readonly keys: Pick<KeyStore, 'list' | 'create' | 'revoke' | 'rotate'>;
  readonly delivery: Pick<Delivery, 'lift'>;
  readonly restart: RestartPort;
  readonly logLevel: LogLevelPort;
  /** Largest file that is taken in, in bytes. */
  readonly limitBytes: number;
};

/** A writing method that may carry an `idempotencyKey`. */
function keyed<Spec extends KeyedSpec, Deps extends OnceDeps>(
  spec: Spec,
  handler: Handler<Spec, Deps>,
  deps: Deps,
): BoundMethod {
  return bind(spec, onceByKey(spec, handler), deps);
}

/** A method of which one call runs at a time. */
function alone<Spec extends MethodSpec, Deps>(spec: Spec, handler: Handler<Spec, Deps>, deps: Deps): BoundMethod {
  return bind(spec, oneAtATime(spec, handler), deps);
}

/**
 * Tie every method to its code.
 *
 * @param deps - Rooms as the composition root built them.
 */
export function makeHandlers(deps: HandlerDeps): BoundMethods {
  const { store, clock, conversions, boot, shutdown, sources, registry, config, intake, limitBytes, delivery } = deps;
  const table = {
    ping: bind(METHODS.ping, handlePing, { boot }),
    'rpc/describe': bind(METHODS['rpc/describe'], handleRpcDescribe, {
      specs: () => Object.values(METHODS),
    }),
    'status/get': bind(METHODS['status/get'], handleStatusGet, { sources, boot }),
    'report/submit': bind(METHODS['report/submit'], handleReportSubmit, { store, clock, limitBytes }),
    'submission/get': bind(METHODS['submission/get'], handleSubmissionGet, { store }),
    'submission/getMany': bind(METHODS['submission/getMany'], handleSubmissionGetMany, { store }),
    'submission/list': bind(METHODS['submission/list'], handleSubmissionList, { store }),
    'report/get': bind(METHODS['report/get'], handleReportGet, { store }),
    'report/list': bind(METHODS['report/list'], handleReportList, { store }),
    'queue/stats': bind(METHODS['queue/stats'], handleQueueStats, { store }),
    'report/convert': bind(METHODS['report/convert'], handleReportConvert, { store, clock, conversions, limitBytes }),
    'converter/probe': bind(METHODS['converter/probe'], handleConverterProbe, { conversions }),
    'submission/retry': keyed(METHODS['submission/retry'], handleSubmissionRetry, { store }),
    'submission/delete': keyed(METHODS['submission/delete'], handleSubmissionDelete, { store }),
    'queue/list': bind(METHODS['queue/list'], handleQueueList, { store }),
    'queue/retry': keyed(METHODS['queue/retry'], handleQueueRetry, { store }),
    'queue/get': bind(METHODS['queue/get'], handleQueueGet, { store }),
    'queue/hold': keyed(METHODS['queue/hold'], makeQueueByHand('hold'), { store }),
    'queue/release': keyed(METHODS['queue/release'], makeQueueByHand('release'), { store }),
    'queue/delete': keyed(METHODS['queue/delete'], makeQueueByHand('delete'), { store }),
    'queue/pause': keyed(METHODS['queue/pause'], handleQueuePause, { store, sources }),
    'queue/resume': keyed(METHODS['queue/resume'], handleQueueResume, { store, sources, delivery }),
    'queue/shape': bind(METHODS['queue/shape'], handleQueueShape, { store }),
    'queue/verify': alone(METHODS['queue/verify'], handleQueueVerify, { store }),
    'queue/compact': alone(METHODS['queue/compact'], handleQueueCompact, { store }),
    'report/resend': keyed(METHODS['report/resend'], handleReportResend, { store, sources }),
    'health/get': bind(METHODS['health/get'], handleHealthGet, { sources, boot }),
    'log/setLevel': keyed(METHODS['log/setLevel'], handleLogSetLevel, { store, logLevel: deps.logLevel }),
    'admin/restart': bind(METHODS['admin/restart'], handleAdminRestart, { restart: deps.restart, config, boot }),
    'queue/drain': bind(METHODS['queue/drain'], handleQueueDrain, { store, sources, clock }),
    'destination/list': bind(METHODS['destination/list'], handleDestinationList, { store, sources }),
    'destination/test': bind(METHODS['destination/test'], handleDestinationTest, { test: deps.testDestination }),
    'destination/hold': keyed(METHODS['destination/hold'], handleDestinationHold, { store, sources }),
    'destination/release': keyed(METHODS['destination/release'], handleDestinationRelease, {
      store,
      sources,
      delivery,
    }),
    'converter/list': bind(METHODS['converter/list'], handleConverterList, { registry }),
    'converter/get': bind(METHODS['converter/get'], handleConverterGet, { registry }),
    'config/get': bind(METHODS['config/get'], handleConfigGet, { config }),
    'config/validate': bind(METHODS['config/validate'], handleConfigValidate, { config }),
    'intake/list': bind(METHODS['intake/list'], handleIntakeList, { intake }),
    'intake/rescan': bind(METHODS['intake/rescan'], handleIntakeRescan, { intake }),
    'events/subscribe': bind(METHODS['events/subscribe'], handleEventsSubscribe, {}),
    'events/unsubscribe': bind(METHODS['events/unsubscribe'], handleEventsUnsubscribe, {}),
    'key/list': bind(METHODS['key/list'], handleKeyList, { keys: deps.keys }),
    'key/create': keyed(METHODS['key/create'], handleKeyCreate, { store, keys: deps.keys }),
    'key/revoke': keyed(METHODS['key/revoke'], handleKeyRevoke, { store, keys: deps.keys }),
    'key/rotate': keyed(METHODS['key/rotate'], handleKeyRotate, { store, keys: deps.keys }),
    'admin/shutdown': bind(METHODS['admin/shutdown'], handleAdminShutdown, { shutdown, boot }),
  } satisfies Record<keyof typeof METHODS, BoundMethod>;
  return new Map(Object.entries(table));
}
