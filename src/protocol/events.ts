// Event topics and their data. Source: protocol.md 9.

import { z } from 'zod';
import { DELIVERY_EVENT_STATES, SUBMISSION_EVENT_STATES } from '../core/states.ts';
import { converterSchema } from './methods/converter-list.ts';
import { statusGet } from './methods/status-get.ts';

/** What can be subscribed to. */
export const EVENT_TOPICS = ['status', 'progress', 'submission', 'report', 'converter', 'config'] as const;
/** One of {@link EVENT_TOPICS}. */
export type EventTopic = (typeof EVENT_TOPICS)[number];

/**
 * Topics of which only the latest event counts, `progress` for each submission: under `minIntervalMs` the others are left out. Every
 * event of every other topic is told.
 */
export const COALESCING_TOPICS = ['status', 'progress', 'config'] as const satisfies readonly EventTopic[];

/** Topics for keys that have `submit` and not `read`: each tells of their own submissions only. */
export const OWN_TOPICS = ['progress', 'submission', 'report'] as const satisfies readonly EventTopic[];

/** Data of a `status` event, and its snapshot: what `status/get` answers. */
const statusEventSchema = statusGet.result;

/** Data of a `progress` event: how much of a submission is converted, 0 … 1. The snapshot is `{}`. */
const progressEventSchema = z.object({
  submissionId: z.string(),
  fraction: z.number().min(0).max(1),
  message: z.string().optional(),
});

/** Data of a `submission` event: never coalesced. The snapshot is the count by state. */
const submissionEventSchema = z.object({
  submissionId: z.string(),
  state: z.enum(SUBMISSION_EVENT_STATES),
  name: z.string(),
  converter: z.string().optional(),
  /** At most 2,048 characters; `submission/get` has all of it. */
  reason: z.string().optional(),
});

/** Data of a `report` event: one report at one destination; never coalesced. The snapshot is the count of deliveries by state. */
const reportEventSchema = z.object({
  reportId: z.string(),
  submissionId: z.string(),
  state: z.enum(DELIVERY_EVENT_STATES),
  destination: z.string(),
  /** At most 2,048 characters; `report/get` has all of it. */
  reason: z.string().optional(),
});

/** Data of a `converter` event: never coalesced. The snapshot is what `converter/list` answers. */
const converterEventSchema = z.object({
  name: z.string(),
  version: converterSchema.shape.version,
  state: converterSchema.shape.state,
  reason: z.string().optional(),
});

/** Data of a `config` event, and its snapshot: the configuration that the daemon runs on. */
const configEventSchema = statusGet.result.shape.config.pick({ etag: true, state: true, findings: true });

/** Shape of the data of each topic. */
export const EVENT_DATA = {
  status: statusEventSchema,
  progress: progressEventSchema,
  submission: submissionEventSchema,
  report: reportEventSchema,
  converter: converterEventSchema,
  config: configEventSchema,
} as const satisfies Record<EventTopic, z.ZodType>;

/** Params of the notification `event`. */
export const eventNotificationSchema = z.object({
  subscription: z.string(),
  seq: z.int(),
  cursor: z.string(),
  topic: z.enum(EVENT_TOPICS),
  data: z.unknown(),
});

/** Params of the notification `event/lagged`: events `from` … `to` were left out. */
export const laggedNotificationSchema = z.object({ subscription: z.string(), from: z.int(), to: z.int() });

/** A `status` event's data. */
export type StatusEvent = z.infer<typeof statusEventSchema>;
/** A `progress` event's data. */
export type ProgressEvent = z.infer<typeof progressEventSchema>;
/** A `submission` event's data. */
export type SubmissionEvent = z.infer<typeof submissionEventSchema>;
/** A `report` event's data. */
export type ReportEvent = z.infer<typeof reportEventSchema>;
/** A `config` event's data. */
export type ConfigEvent = z.infer<typeof configEventSchema>;
/** The notification `event`. */
export type EventNotification = z.infer<typeof eventNotificationSchema>;
