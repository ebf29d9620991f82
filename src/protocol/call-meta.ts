// What every call may carry beside its own params. Source: protocol.md 7.

import { z } from 'zod';
import { WIRE_LIMITS } from './limits.ts';

/** `params._meta`. Not strict: other keys are ignored. `deadlineMs` counts from arrival; `trace` is copied to logs. */
const callMetaSchema = z.object({
  deadlineMs: z.int().min(0).optional(),
  trace: z.string().max(256).optional(),
});

/** `params.workDoneToken`: comes back with each `$/progress`. */
const workDoneTokenSchema = z.union([z.string().max(WIRE_LIMITS.idChars), z.int()]);

/** Both, as they lie in params. */
export const callFrameSchema = z.object({
  _meta: callMetaSchema.optional(),
  workDoneToken: workDoneTokenSchema.optional(),
});

/** What a call says about itself. */
export type CallMeta = z.infer<typeof callMetaSchema>;
