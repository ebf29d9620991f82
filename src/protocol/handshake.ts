// Shapes of the two calls that open a connection. Source: protocol.md 3; the proofs lie in link/handshake.ts.

import { z } from 'zod';
import { SCOPES } from '../core/scopes.ts';

const nonce = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'must be 32 bytes in base64url: 43 characters');
const text = z.string().max(100);

/** Params of `hello`. */
export const helloParamsSchema = z.strictObject({
  protocol: z.strictObject({ min: z.int().min(0), max: z.int().min(0) }),
  kid: z.string().min(1).max(100),
  nonce,
  client: z.strictObject({ name: text, version: text }),
});

/** Result of `hello`: the server proves first. */
export const helloResultSchema = z.object({ protocol: z.int(), instance: z.string(), nonce, proof: nonce });

/** Params of `authenticate`. */
export const authenticateParamsSchema = z.strictObject({
  proof: z.string().max(100),
  capabilities: z.array(z.string().max(64)).max(64),
});

const bucketSchema = z.object({ capacity: z.number(), refillPerSecond: z.number() }).nullable();

/** Limits that the server tells; bytes and counts. Source: protocol.md 4. */
const toldLimitsSchema = z.object({
  jsonFrame: z.int(),
  chunk: z.int(),
  depth: z.int(),
  inline: z.int(),
  callsInFlight: z.int(),
  streams: z.int(),
  subscriptions: z.int(),
  unsentBytes: z.int(),
  report: z.int(),
});

/** Result of `authenticate`. */
export const authenticateResultSchema = z.object({
  session: z.string(),
  scopes: z.array(z.enum(SCOPES)),
  capabilities: z.array(z.string()),
  limits: toldLimitsSchema,
  rate: z.object({ calls: bucketSchema, submit: bucketSchema }),
  server: z.object({ name: z.string(), version: z.string(), bootId: z.string() }),
  methods: z.array(z.string()),
});

/** Params of `hello`. */
export type HelloParams = z.infer<typeof helloParamsSchema>;
/** Result of `hello`. */
export type HelloResult = z.infer<typeof helloResultSchema>;
/** Params of `authenticate`. */
export type AuthenticateParams = z.infer<typeof authenticateParamsSchema>;
/** Result of `authenticate`. */
export type AuthenticateResult = z.infer<typeof authenticateResultSchema>;
/** Limits that the server tells. */
export type ToldLimits = z.infer<typeof toldLimitsSchema>;
