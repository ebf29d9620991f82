// Every method that works, by name: the one place that both ends and the docs read.

import { adminShutdown } from './methods/admin-shutdown.ts';
import { converterProbe } from './methods/converter-probe.ts';
import { eventsSubscribe } from './methods/events-subscribe.ts';
import { eventsUnsubscribe } from './methods/events-unsubscribe.ts';
import { ping } from './methods/ping.ts';
import { queueStats } from './methods/queue-stats.ts';
import { reportGet } from './methods/report-get.ts';
import { reportList } from './methods/report-list.ts';
import { reportSubmit } from './methods/report-submit.ts';
import { rpcDescribe } from './methods/rpc-describe.ts';
import { statusGet } from './methods/status-get.ts';
import { submissionGet } from './methods/submission-get.ts';
import { submissionList } from './methods/submission-list.ts';

/** Method name → spec. */
export const METHODS = {
  ping,
  'rpc/describe': rpcDescribe,
  'status/get': statusGet,
  'report/submit': reportSubmit,
  'submission/get': submissionGet,
  'submission/list': submissionList,
  'report/get': reportGet,
  'report/list': reportList,
  'queue/stats': queueStats,
  'converter/probe': converterProbe,
  'events/subscribe': eventsSubscribe,
  'events/unsubscribe': eventsUnsubscribe,
  'admin/shutdown': adminShutdown,
} as const;

/** Name of a method that exists. */
export type MethodName = keyof typeof METHODS;
