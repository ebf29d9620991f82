// Event topics and their data. Source: protocol.md 9.

import { z } from 'zod';
import { DELIVERY_EVENT_STATES, SUBMISSION_EVENT_STATES } from '../core/states.ts';

/** Topics that exist so far. */
export const EVENT_TOPICS = ['submission', 'report'] as const;
/** One of {@link EVENT_TOPICS}. */
export type EventTopic = (typeof EVENT_TOPICS)[number];

/** Data of a `submission` event: never coalesced. */
export const submissionEventSchema = z.object({
  submissionId: z.string(),
  state: z.enum(SUBMISSION_EVENT_STATES),
  name: z.string(),
  converter: z.string().optional(),
  reason: z.string().optional(),
});

/** Data of a `report` event: one report at one destination; never coalesced. */
export const reportEventSchema = z.object({
  reportId: z.string(),
  submissionId: z.string(),
  state: z.enum(DELIVERY_EVENT_STATES),
  destination: z.string(),
  reason: z.string().optional(),
});

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

/** A `submission` event's data. */
export type SubmissionEvent = z.infer<typeof submissionEventSchema>;
/** A `report` event's data. */
export type ReportEvent = z.infer<typeof reportEventSchema>;
/** The notification `event`. */
export type EventNotification = z.infer<typeof eventNotificationSchema>;
