import { createHash, randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { toKeyId } from '../../../src/core/ids.ts';
import { Secret } from '../../../src/core/secret.ts';
import {
  answerHello,
  type ClientHandshake,
  type IpcKey,
  isSameProof,
  makeHello,
  makeNonce,
  makeProof,
  type ServerHandshake,
  type ServerHandshakeDeps,
  type ServerHandshakeStep,
  stepServerHandshake,
} from '../../../src/link/handshake.ts';
import { isJsonObject, type JsonObject } from '../../../src/link/json-body.ts';
import type { RpcMessage } from '../../../src/link/json-rpc.ts';

const key: IpcKey = { kid: toKeyId('local'), secret: new Secret(makeNonce(randomBytes)), scopes: ['read'] };
const deps: ServerHandshakeDeps = {
  instance: 'default',
  endpoint: '/run/default.sock',
  findKey: (kid) => (kid === 'local' ? key : null),
  random: randomBytes,
};
const client = (over: Partial<ClientHandshake> = {}): ClientHandshake => ({
  key,
  instance: 'default',
  endpoint: '/run/default.sock',
  nonce: makeNonce(randomBytes),
  ...over,
});

function request(method: string, params: object): RpcMessage {
  const plain: unknown = JSON.parse(JSON.stringify(params));
  return { kind: 'request', id: 1, method, params: isJsonObject(plain) ? plain : ({} satisfies JsonObject) };
}

const hello = (state: ClientHandshake): RpcMessage =>
  request('hello', makeHello(state, { name: 'test', version: '1' }));

type Greeting = Extract<ServerHandshakeStep, { kind: 'greet' }>;

function greet(state: ClientHandshake, over: Partial<ServerHandshakeDeps> = {}): Greeting {
  const step = stepServerHandshake({ ...deps, ...over }, { kind: 'fresh' }, hello(state));
  if (step.kind !== 'greet') throw new Error(`Cannot greet: the server said ${step.kind}`);
  return step;
}

const outcome = (step: ServerHandshakeStep): string => (step.kind === 'refuse' ? step.error.code : step.kind);
const codeOf = (action: () => unknown): string => {
  try {
    action();
    return 'accepted';
  } catch (error) {
    return isJsonObject(error) && typeof error['code'] === 'string' ? error['code'] : 'unknown';
  }
};

describe('a key id that is not there', () => {
  it('costs the server the same random bytes and proofs as one that is', () => {
    const drawn = (kid: string): number[] => {
      const sizes: number[] = [];
      const random = (size: number): Buffer => (sizes.push(size), randomBytes(size));
      greet(client({ key: { ...key, kid: toKeyId(kid) } }), { random });
      return sizes;
    };

    expect(drawn('nobody')).toEqual(drawn('local'));
  });
});

describe('makeProof()', () => {
  it('gives the proofs of the published test vector', () => {
    const bytes = createHash('sha256').update('test vector').digest();
    const secret = new Secret(bytes.toString('base64url'));
    const input = {
      version: 1,
      instance: 'default',
      endpoint: 'test-endpoint',
      clientNonce: Buffer.alloc(32, 1).toString('base64url'),
      serverNonce: Buffer.alloc(32, 2).toString('base64url'),
    };

    expect(bytes.toString('hex')).toMatch(/^86addef4.*cd6f78$/);
    expect(makeProof(secret, { ...input, side: 'server' })).toBe('UFvAMf176-jNwxgmPfEDISKAHRZWV0rk2lxygPb-I7Y');
    expect(makeProof(secret, { ...input, side: 'client' })).toBe('v0pmm36jdfW9loQWwKQL3LNxfOAiFdN7TV9-OF0WOI8');
  });
});

describe('isSameProof()', () => {
  it.each([
    ['abc', 'abc', true],
    ['abc', 'abd', false],
    ['abc', 'ab', false],
    ['abc', '', false],
    ['abc', 'äbc', false],
  ])('says of %s and %s: %s', (expected, received, same) => {
    expect(isSameProof(expected, received)).toBe(same);
  });
});

describe('the handshake', () => {
  it('proves both sides to each other in two calls', () => {
    const state = client();

    const greeting = greet(state);
    const answer = answerHello(state, greeting.result);
    const step = stepServerHandshake(deps, greeting.next, request('authenticate', answer));

    expect(step).toEqual({ kind: 'proved', id: 1, key, capabilities: ['streams'] });
  });

  it('answers only the capabilities that both sides know', () => {
    const state = client();
    const greeting = greet(state);
    const { proof } = answerHello(state, greeting.result);

    const step = stepServerHandshake(
      deps,
      greeting.next,
      request('authenticate', { proof, capabilities: ['telepathy'] }),
    );

    expect(step).toMatchObject({ kind: 'proved', capabilities: [] });
  });

  it.each([
    ['holds another key', { key: { ...key, secret: new Secret(makeNonce(randomBytes)) } }],
    ['means another instance', { instance: 'other' }],
    ['connected to another endpoint, as through a relay', { endpoint: '/run/relay.sock' }],
    ['names an unknown key', { key: { ...key, kid: toKeyId('nobody') } }],
  ])('ends at the server’s proof when the client %s', (_, over) => {
    const state = client(over);

    expect(codeOf(() => answerHello(state, greet(state).result))).toBe('unauthenticated');
  });

  it('refuses a proof that is the server’s own, sent back', () => {
    const greeting = greet(client());

    const step = stepServerHandshake(
      deps,
      greeting.next,
      request('authenticate', { proof: greeting.result.proof, capabilities: [] }),
    );

    expect(step).toMatchObject({ kind: 'refuse', isFailedProof: true, error: { code: 'unauthenticated' } });
  });

  it('refuses a proof that was right on an earlier connection', () => {
    const state = client();
    const { proof } = answerHello(state, greet(state).result);

    const second = greet(state);
    const step = stepServerHandshake(deps, second.next, request('authenticate', { proof, capabilities: [] }));

    expect(step).toMatchObject({ kind: 'refuse', isFailedProof: true });
  });

  it('answers an unknown key in the same shape as a known one, then refuses every proof', () => {
    const state = client({ key: { ...key, kid: toKeyId('nobody') } });
    const greeting = greet(state);

    const step = stepServerHandshake(
      deps,
      greeting.next,
      request('authenticate', { proof: greeting.result.proof, capabilities: [] }),
    );

    expect(greeting.result).toEqual({
      protocol: 1,
      instance: 'default',
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      proof: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect(step).toMatchObject({ kind: 'refuse', isFailedProof: true, error: { code: 'unauthenticated' } });
  });

  it('shows no secret when its states are printed', () => {
    const greeting = greet(client());
    const printed = inspect(greeting.next, { depth: null }) + JSON.stringify(greeting.next);

    expect(printed).not.toContain(key.secret.reveal());
    expect(greeting.next.kind === 'greeted' && printed.includes(greeting.next.expectedProof.reveal())).toBe(false);
  });
});

describe('stepServerHandshake()', () => {
  const fresh: ServerHandshake = { kind: 'fresh' };
  const good = makeHello(client(), { name: 'test', version: '1' });

  it.each<[string, RpcMessage, string]>([
    ['another call', request('ping', {}), 'not_initialized'],
    ['authenticate', request('authenticate', { proof: '', capabilities: [] }), 'not_initialized'],
    ['a notification', { kind: 'notification', method: 'hello', params: {} }, 'close'],
    ['an answer', { kind: 'result', id: 1, result: {} }, 'close'],
    ['a malformed request', { kind: 'invalid', id: null, message: 'Cannot run request: bad' }, 'invalid_request'],
    ['a version below', request('hello', { ...good, protocol: { min: 0, max: 0 } }), 'unsupported_protocol'],
    ['a version above', request('hello', { ...good, protocol: { min: 2, max: 9 } }), 'unsupported_protocol'],
    ['a nonce of 42 characters', request('hello', { ...good, nonce: 'A'.repeat(42) }), 'invalid_params'],
    ['a nonce of 44 characters', request('hello', { ...good, nonce: 'A'.repeat(44) }), 'invalid_params'],
    ['a nonce outside base64url', request('hello', { ...good, nonce: '+'.repeat(43) }), 'invalid_params'],
    ['an unknown parameter', request('hello', { ...good, admin: true }), 'invalid_params'],
  ])('answers %s before hello with %s', (_, message, expected) => {
    expect(outcome(stepServerHandshake(deps, fresh, message))).toBe(expected);
  });

  it.each<[string, RpcMessage, string]>([
    ['another call', request('ping', {}), 'unauthenticated'],
    ['a second hello', request('hello', good), 'close'],
    ['a notification', { kind: 'notification', method: '$/cancelRequest', params: {} }, 'close'],
    ['a malformed proof', request('authenticate', { proof: 7, capabilities: [] }), 'invalid_params'],
    ['an empty proof', request('authenticate', { proof: '', capabilities: [] }), 'unauthenticated'],
  ])('answers %s after hello with %s', (_, message, expected) => {
    expect(outcome(stepServerHandshake(deps, greet(client()).next, message))).toBe(expected);
  });

  it('tells which versions it speaks', () => {
    const step = stepServerHandshake(deps, fresh, request('hello', { ...good, protocol: { min: 5, max: 6 } }));

    expect(step).toMatchObject({ error: { data: { supported: { min: 1, max: 1 } } } });
  });
});

describe('answerHello()', () => {
  it.each([
    ['is malformed', { protocol: 1 }, 'unauthenticated'],
    ['is no object', null, 'unauthenticated'],
    ['agrees on a version that was not offered', { protocol: 2 }, 'unsupported_protocol'],
  ])('refuses an answer that %s', (_, over, code) => {
    const state = client();
    const result =
      over === null ? null : { ...('protocol' in over && over.protocol === 2 ? greet(state).result : {}), ...over };

    expect(codeOf(() => answerHello(state, result))).toBe(code);
  });
});
