// One call from its request to its one answer.

import type { Clock } from '../core/clock.ts';
import { AirlockError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { hasScope } from '../core/scopes.ts';
import type { RpcErrorObject, RpcMessage } from '../link/json-rpc.ts';
import type {
  BoundMethod,
  BoundMethods,
  CallContext,
  Caller,
  SubscriptionPort,
  UploadPort,
} from '../protocol/handler.ts';
import type { MethodSpec } from '../protocol/method-spec.ts';
import { toAnswerError } from './failure.ts';
import { takeMeta } from './meta.ts';
import { parseParams } from './validation.ts';

/** What a call needs. */
export type CallDeps = {
  readonly clock: Pick<Clock, 'after'>;
  readonly log: Logger;
  readonly methods: BoundMethods;
  readonly caller: Caller;
  readonly subscriptions: SubscriptionPort;
  readonly uploads: UploadPort;
  readonly requestId: string;
};

/** A request as it was read. */
export type CallRequest = Extract<RpcMessage, { kind: 'request' }>;

/** What a call is answered with. */
export type CallAnswer =
  | { readonly kind: 'result'; readonly result: unknown }
  | { readonly kind: 'error'; readonly error: RpcErrorObject };

/** A call that runs. */
export type RunningCall = {
  /** Exactly one answer; never rejects. */
  readonly answer: Promise<CallAnswer>;
  /** The method's code has come to its end: after an abort that may be later than the answer. Never rejects. */
  readonly ended: Promise<void>;
  /** Aborted with the reason of {@link RunningCall.abort}. */
  readonly signal: AbortSignal;
  /** Answer with this failure now, unless it is answered already, and tell the code to stop. */
  readonly abort: (reason: AirlockError) => void;
};

/** How a call is stopped: what tells its code, what does all of it, and what ends that it can be. */
type Stop = {
  readonly controller: AbortController;
  readonly abort: (reason: AirlockError) => void;
  readonly decide: () => void;
};
type ContextInput = {
  readonly method: string;
  readonly trace: string | undefined;
} & Pick<Stop, 'controller' | 'decide'>;

const MAX_NAME_CHARS = 64;

/** A method's name as it may stand in a message: a peer can send 256 KiB of it. */
const nameOf = (method: string): string => method.slice(0, MAX_NAME_CHARS);

/**
 * May a key with these scopes call the method?
 *
 * @param caller - Who calls.
 * @param spec - The method; any one of its scopes is enough, none = every key.
 */
export function mayCall(caller: Caller, spec: Pick<MethodSpec, 'scopes'>): boolean {
  return spec.scopes.length === 0 || spec.scopes.some((scope) => hasScope(caller.scopes, scope));
}

function findMethod({ methods, caller }: CallDeps, method: string): BoundMethod {
  const bound = methods.get(method);
  if (bound === undefined) {
    throw new AirlockError('unknown_method', `Cannot run ${nameOf(method)}: there is no such method`);
  }
  if (!mayCall(caller, bound.spec)) {
    const scope = bound.spec.scopes.join(' or ');
    const message = `Cannot run ${method}: the key lacks the scope ${scope}`;
    throw new AirlockError('forbidden', message, { data: { scope: bound.spec.scopes[0] ?? '' } });
  }
  return bound;
}

function checkResult(spec: MethodSpec, result: unknown): unknown {
  const parsed = spec.result.safeParse(result);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map(({ path, code }) => `${path.join('.')} (${code})`);
  throw new AirlockError(
    'internal',
    `Cannot answer ${spec.name}: its result breaks its schema at ${fields.join(', ')}`,
  );
}

function pastDeadline(method: string, deadlineMs: number): AirlockError {
  return new AirlockError('deadline_exceeded', `Cannot finish ${method}: no answer within ${deadlineMs} ms`);
}

/** What the code of one call gets. What few methods look at is made when one does. */
function makeContext(deps: CallDeps, { method, trace, controller, decide }: ContextInput): CallContext {
  const { caller, requestId, subscriptions, uploads } = deps;
  return {
    caller,
    requestId,
    subscriptions,
    uploads,
    decide,
    get signal() {
      return controller.signal;
    },
    get log() {
      return deps.log.child({ requestId, method, ...(trace === undefined ? {} : { trace }) });
    },
  };
}

/** Check and run one call. */
async function run(deps: CallDeps, { method, params }: CallRequest, stop: Stop): Promise<unknown> {
  // Order: scope before schema, so that nobody learns a method's shape by trying.
  const bound = findMethod(deps, method);
  const { meta, own } = takeMeta(method, params);
  const checked = parseParams(bound.spec.params, own, { method });
  const { deadlineMs, trace } = meta;
  using _deadline =
    deadlineMs === undefined ? null : deps.clock.after(deadlineMs, () => stop.abort(pastDeadline(method, deadlineMs)));
  const { controller, decide } = stop;
  return checkResult(bound.spec, await bound.call(checked, makeContext(deps, { method, trace, controller, decide })));
}

/**
 * Start a call.
 *
 * A method that does not look at its signal is left to end by itself, but its caller is answered at once when it is aborted.
 *
 * @param deps - What the call needs.
 * @param request - The request.
 */
export function startCall(deps: CallDeps, request: CallRequest): RunningCall {
  const controller = new AbortController();
  const { promise, resolve } = Promise.withResolvers<CallAnswer>();
  let isAnswered = false;
  let isDecided = false;

  function answer(toAnswer: () => CallAnswer): void {
    if (isAnswered) return;
    isAnswered = true;
    resolve(toAnswer());
  }

  function fail(error: unknown): void {
    const call = { method: nameOf(request.method), requestId: deps.requestId };
    answer(() => ({ kind: 'error', error: toAnswerError(deps.log, error, call) }));
  }

  function decide(): void {
    controller.signal.throwIfAborted();
    isDecided = true;
  }

  function abort(reason: AirlockError): void {
    // Race: what was decided is answered, or a caller who was told "cancelled" would send again what is stored.
    if (isDecided) return;
    // Order: the caller's answer is decided before the code hears of it.
    fail(reason);
    controller.abort(reason);
  }

  const ended = run(deps, request, { controller, abort, decide }).then(
    (result) => answer(() => ({ kind: 'result', result })),
    fail,
  );
  return {
    answer: promise,
    ended,
    abort,
    get signal() {
      return controller.signal;
    },
  };
}
