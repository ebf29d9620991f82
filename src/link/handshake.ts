// Mutual proof of a shared key: what each side computes, checks and says next. Pure. Source: protocol.md 3.

import { createHmac, timingSafeEqual } from 'node:crypto';
import { AirlockError } from '../core/errors.ts';
import type { KeyId } from '../core/ids.ts';
import type { Scope } from '../core/scopes.ts';
import { Secret } from '../core/secret.ts';
import {
  authenticateParamsSchema,
  type AuthenticateParams,
  type HelloParams,
  helloParamsSchema,
  type HelloResult,
  helloResultSchema,
} from '../protocol/handshake.ts';
import { agreeVersion, CAPABILITIES, PROTOCOL } from '../protocol/version.ts';
import type { RpcId, RpcMessage } from './json-rpc.ts';

/** One IPC key. `secret` is 32 bytes in base64url. */
export type IpcKey = {
  readonly kid: KeyId;
  readonly secret: Secret;
  readonly scopes: readonly Scope[];
};

/** Source of random bytes. */
export type RandomBytes = (size: number) => Buffer;

/** What a proof binds together. `version` is the agreed protocol number. */
export type ProofInput = {
  readonly side: 'server' | 'client';
  readonly version: number;
  readonly instance: string;
  /** The `endpoint` field of the discovery file, as this side knows it by itself. */
  readonly endpoint: string;
  readonly clientNonce: string;
  readonly serverNonce: string;
};

const KEY_BYTES = 32;

/**
 * A new nonce or key: 32 random bytes in base64url, 43 characters.
 *
 * @param random - Source of random bytes.
 */
export function makeNonce(random: RandomBytes): string {
  return random(KEY_BYTES).toString('base64url');
}

/**
 * Prove that this side holds the key.
 *
 * @param secret - 32 bytes in base64url.
 * @returns 43 characters of base64url.
 */
export function makeProof(secret: Secret, input: ProofInput): string {
  const parts = ['airlock-ipc', input.side, String(input.version), input.instance, input.endpoint];
  const text = [...parts, input.clientNonce, input.serverNonce].join('\n');
  return createHmac('sha256', Buffer.from(secret.reveal(), 'base64url')).update(text, 'utf8').digest('base64url');
}

/**
 * Are two proofs the same? Takes the same time wherever they differ.
 *
 * @param expected - The right one.
 * @param received - Any text.
 */
export function isSameProof(expected: string, received: string): boolean {
  const left = Buffer.from(expected, 'utf8');
  const right = Buffer.from(received, 'utf8');
  return left.length === right.length && timingSafeEqual(left, right);
}

/** What the server's side needs. */
export type ServerHandshakeDeps = {
  readonly instance: string;
  readonly endpoint: string;
  readonly findKey: (kid: string) => IpcKey | null;
  readonly random: RandomBytes;
};

/** Where the server's side stands: `fresh` → hello → `greeted` → authenticate → proved. */
export type ServerHandshake =
  | { readonly kind: 'fresh' }
  | { readonly kind: 'greeted'; readonly key: IpcKey | null; readonly expectedProof: Secret };

/** What the server does with one message before authentication. */
export type ServerHandshakeStep =
  /** Answer, and go on in `next`. */
  | { readonly kind: 'greet'; readonly id: RpcId; readonly result: HelloResult; readonly next: ServerHandshake }
  /** The peer holds this key; `capabilities` is what both sides know. Answer `id` with the result of authenticate. */
  | { readonly kind: 'proved'; readonly id: RpcId; readonly key: IpcKey; readonly capabilities: readonly string[] }
  /** Answer with the error, then close; a failed proof costs a token of its bucket first. */
  | {
      readonly kind: 'refuse';
      readonly id: RpcId | null;
      readonly error: AirlockError;
      readonly isFailedProof: boolean;
    }
  /** Close without an answer. */
  | { readonly kind: 'close'; readonly reason: string };

function refuse(id: RpcId | null, error: AirlockError, { isFailedProof = false } = {}): ServerHandshakeStep {
  return { kind: 'refuse', id, error, isFailedProof };
}

const malformed = (method: string): AirlockError =>
  new AirlockError('invalid_params', `Cannot run ${method}: the parameters do not fit the schema`);

function greet(deps: ServerHandshakeDeps, id: RpcId, params: HelloParams): ServerHandshakeStep {
  const version = agreeVersion(params.protocol);
  if (version === null) {
    const range = `this server speaks ${PROTOCOL.min} to ${PROTOCOL.max}`;
    const message = `Cannot run hello: no common protocol version, ${range}`;
    return refuse(id, new AirlockError('unsupported_protocol', message, { data: { supported: { ...PROTOCOL } } }));
  }
  const key = deps.findKey(params.kid);
  // Trust: an unknown key id gets a proof under a random key, so that key ids cannot be told apart. The random key is made for each
  // hello, wanted or not: else its time would tell.
  const decoy = new Secret(makeNonce(deps.random));
  const secret = key?.secret ?? decoy;
  const nonce = makeNonce(deps.random);
  const input = {
    version,
    instance: deps.instance,
    endpoint: deps.endpoint,
    clientNonce: params.nonce,
    serverNonce: nonce,
  };
  const proof = makeProof(secret, { ...input, side: 'server' });
  const expectedProof = new Secret(makeProof(secret, { ...input, side: 'client' }));
  const result = { protocol: version, instance: deps.instance, nonce, proof };
  return { kind: 'greet', id, result, next: { kind: 'greeted', key, expectedProof } };
}

type Greeted = Extract<ServerHandshake, { kind: 'greeted' }>;

function prove(state: Greeted, id: RpcId, params: AuthenticateParams): ServerHandshakeStep {
  const isProved = isSameProof(state.expectedProof.reveal(), params.proof);
  if (!isProved || state.key === null) {
    const error = new AirlockError('unauthenticated', 'Cannot authenticate: the proof does not match any key');
    return refuse(id, error, { isFailedProof: true });
  }
  const known: readonly string[] = CAPABILITIES;
  const capabilities = known.filter((capability) => params.capabilities.includes(capability));
  return { kind: 'proved', id, key: state.key, capabilities };
}

type Request = Extract<RpcMessage, { kind: 'request' }>;

function stepFresh(deps: ServerHandshakeDeps, { id, method, params }: Request): ServerHandshakeStep {
  if (method !== 'hello') {
    return refuse(id, new AirlockError('not_initialized', 'Cannot run the call: hello comes first'));
  }
  const parsed = helloParamsSchema.safeParse(params);
  return parsed.success ? greet(deps, id, parsed.data) : refuse(id, malformed('hello'));
}

function stepGreeted(state: Greeted, { id, method, params }: Request): ServerHandshakeStep {
  if (method === 'hello') return { kind: 'close', reason: 'a second hello' };
  if (method !== 'authenticate') {
    return refuse(id, new AirlockError('unauthenticated', 'Cannot run the call: authenticate comes first'));
  }
  const parsed = authenticateParamsSchema.safeParse(params);
  return parsed.success ? prove(state, id, parsed.data) : refuse(id, malformed('authenticate'));
}

/**
 * What the server does with one message of a peer that has not proved anything yet.
 *
 * @param state - Begin with `{ kind: 'fresh' }`, then `next` of the step before.
 */
export function stepServerHandshake(
  deps: ServerHandshakeDeps,
  state: ServerHandshake,
  message: RpcMessage,
): ServerHandshakeStep {
  if (message.kind === 'invalid') return refuse(message.id, new AirlockError('invalid_request', message.message));
  if (message.kind !== 'request') return { kind: 'close', reason: `a ${message.kind} before authentication` };
  return state.kind === 'fresh' ? stepFresh(deps, message) : stepGreeted(state, message);
}

/** What the client's side holds between hello and authenticate. */
export type ClientHandshake = {
  readonly key: Pick<IpcKey, 'kid' | 'secret'>;
  /** From the discovery file or the user, never from the answer. */
  readonly instance: string;
  readonly endpoint: string;
  readonly nonce: string;
};

/** Params of `hello`. */
export function makeHello(state: ClientHandshake, client: HelloParams['client']): HelloParams {
  return { protocol: { ...PROTOCOL }, kid: state.key.kid, nonce: state.nonce, client };
}

/**
 * Check the server's proof, and answer with the client's own.
 *
 * Order: nothing but a nonce was said before this check.
 *
 * @param result - Result of `hello`, unchecked.
 * @throws {AirlockError} unauthenticated when the other end does not prove that it holds the key; unsupported_protocol when it
 * agreed on a version that was not offered.
 */
export function answerHello(state: ClientHandshake, result: unknown): AuthenticateParams {
  const parsed = helloResultSchema.safeParse(result);
  if (!parsed.success) throw new AirlockError('unauthenticated', 'Cannot trust the server: its hello is malformed');
  const { protocol: version, nonce: serverNonce, proof } = parsed.data;
  if (version < PROTOCOL.min || version > PROTOCOL.max) {
    const data = { supported: { ...PROTOCOL } };
    throw new AirlockError('unsupported_protocol', `Cannot speak protocol ${version}: it was not offered`, { data });
  }
  const { instance, endpoint, nonce: clientNonce } = state;
  const input = { version, instance, endpoint, clientNonce, serverNonce };
  if (!isSameProof(makeProof(state.key.secret, { ...input, side: 'server' }), proof)) {
    const message = `Cannot trust the server: it did not prove that it holds key ${state.key.kid}`;
    throw new AirlockError('unauthenticated', message);
  }
  return { proof: makeProof(state.key.secret, { ...input, side: 'client' }), capabilities: [...CAPABILITIES] };
}
