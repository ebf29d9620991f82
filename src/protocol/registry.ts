// Every method that works, by name: the one place that both ends and the docs read.

import { adminShutdown } from './methods/admin-shutdown.ts';
import { converterProbe } from './methods/converter-probe.ts';
import { eventsSubscribe } from './methods/events-subscribe.ts';
import { eventsUnsubscribe } from './methods/events-unsubscribe.ts';
import { intakeList } from './methods/intake-list.ts';
import { intakeRescan } from './methods/intake-rescan.ts';
import { keyCreate } from './methods/key-create.ts';
import { keyList } from './methods/key-list.ts';
import { keyRevoke } from './methods/key-revoke.ts';
import { keyRotate } from './methods/key-rotate.ts';
import { ping } from './methods/ping.ts';
import { queueStats } from './methods/queue-stats.ts';
import { reportConvert } from './methods/report-convert.ts';
import { reportGet } from './methods/report-get.ts';
import { reportList } from './methods/report-list.ts';
import { reportSubmit } from './methods/report-submit.ts';
import { rpcDescribe } from './methods/rpc-describe.ts';
import { statusGet } from './methods/status-get.ts';
import { submissionGet } from './methods/submission-get.ts';
import { submissionGetMany } from './methods/submission-get-many.ts';
import { submissionList } from './methods/submission-list.ts';
import { configGet } from './methods/config-get.ts';
import { configValidate } from './methods/config-validate.ts';
import { converterGet } from './methods/converter-get.ts';
import { converterList } from './methods/converter-list.ts';
import { destinationList } from './methods/destination-list.ts';
import { destinationTest } from './methods/destination-test.ts';
import { queueList } from './methods/queue-list.ts';
import { queueRetry } from './methods/queue-retry.ts';
import { submissionRetry } from './methods/submission-retry.ts';
import { queueShape } from './methods/queue-shape.ts';
import { queueVerify } from './methods/queue-verify.ts';
import { queueCompact } from './methods/queue-compact.ts';
import { reportResend } from './methods/report-resend.ts';
import { healthGet } from './methods/health-get.ts';
import { logSetLevel } from './methods/log-set-level.ts';
import { adminRestart } from './methods/admin-restart.ts';
import { queueGet } from './methods/queue-get.ts';
import { queueHold } from './methods/queue-hold.ts';
import { queueRelease } from './methods/queue-release.ts';
import { queueDelete } from './methods/queue-delete.ts';
import { queuePause } from './methods/queue-pause.ts';
import { queueResume } from './methods/queue-resume.ts';
import { queueDrain } from './methods/queue-drain.ts';
import { destinationHold } from './methods/destination-hold.ts';
import { destinationRelease } from './methods/destination-release.ts';
import { submissionDelete } from './methods/submission-delete.ts';

/** Method name → spec. */
export const METHODS = {
  ping,
  'rpc/describe': rpcDescribe,
  'status/get': statusGet,
  'report/submit': reportSubmit,
  'submission/get': submissionGet,
  'submission/getMany': submissionGetMany,
  'submission/list': submissionList,
  'submission/retry': submissionRetry,
  'submission/delete': submissionDelete,
  'report/get': reportGet,
  'report/list': reportList,
  'report/resend': reportResend,
  'queue/stats': queueStats,
  'queue/list': queueList,
  'queue/retry': queueRetry,
  'queue/get': queueGet,
  'queue/hold': queueHold,
  'queue/release': queueRelease,
  'queue/delete': queueDelete,
  'queue/pause': queuePause,
  'queue/resume': queueResume,
  'queue/drain': queueDrain,
  'queue/shape': queueShape,
  'queue/verify': queueVerify,
  'queue/compact': queueCompact,
  'destination/list': destinationList,
  'destination/test': destinationTest,
  'destination/hold': destinationHold,
  'destination/release': destinationRelease,
  'converter/list': converterList,
  'converter/get': converterGet,
  'config/get': configGet,
  'config/validate': configValidate,
  'report/convert': reportConvert,
  'converter/probe': converterProbe,
  'intake/list': intakeList,
  'intake/rescan': intakeRescan,
  'events/subscribe': eventsSubscribe,
  'events/unsubscribe': eventsUnsubscribe,
  'key/list': keyList,
  'key/create': keyCreate,
  'key/revoke': keyRevoke,
  'key/rotate': keyRotate,
  'health/get': healthGet,
  'log/setLevel': logSetLevel,
  'admin/shutdown': adminShutdown,
  'admin/restart': adminRestart,
} as const;

/** Name of a method that exists. */
export type MethodName = keyof typeof METHODS;
