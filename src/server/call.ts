// One call from its request to its one answer.

import type { Deadline, Deadlines } from '../core/deadlines.ts';
import { AirlockError } from '../core/errors.ts';
import type { Logger } from '../core/logger.ts';
import { hasScope } from '../core/scopes.ts';
import type { RpcErrorObject, RpcMessage } from '../link/json-rpc.ts';
import type {
  BoundMethod,
  BoundMethods,
  CallContext,
  Caller,
  ProgressPort,
  SubscriptionPort,
  UploadPort,
} from '../protocol/handler.ts';
import type { MethodSpec } from '../protocol/method-spec.ts';
import { type FailedCall, logLateFailure, toAnswerError } from './failure.ts';
import { takeMeta } from './meta.ts';
import { parseParams } from './validation.ts';

/** What a call needs. */
export type CallDeps = {
  readonly deadlines: Deadlines;
  readonly log: Logger;
  readonly methods: BoundMethods;
  readonly caller: Caller;
  /** Asked for by the few methods that have to do with them. */
  readonly subscriptions: () => SubscriptionPort;
  readonly uploads: UploadPort;
  readonly progress: ProgressPort;
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
  /** Why it was aborted; null while it was not. */
  readonly abortReason: AirlockError | null;
  /** Answer with this failure now, unless it is answered already, and tell the code to stop. */
  readonly abort: (reason: AirlockError) => void;
};

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

/** What the code of one call gets: no more of the call than this. */
class Context implements CallContext {
  readonly caller: Caller;
  readonly requestId: string;
  readonly uploads: UploadPort;
  /** Its own function, because handlers take it off its context. */
  readonly decide = (): void => this.#call.decide();
  readonly #call: Call;
  readonly #deps: CallDeps;
  readonly #trace: string | undefined;

  constructor(call: Call, deps: CallDeps, trace: string | undefined) {
    this.caller = deps.caller;
    this.requestId = deps.requestId;
    this.uploads = deps.uploads;
    this.#call = call;
    this.#deps = deps;
    this.#trace = trace;
  }

  // What few methods look at is made when one does.
  get subscriptions(): SubscriptionPort {
    return this.#deps.subscriptions();
  }

  get signal(): AbortSignal {
    return this.#call.signal;
  }

  get log(): Logger {
    const trace = this.#trace === undefined ? {} : { trace: this.#trace };
    return this.#deps.log.child({ requestId: this.requestId, method: this.#call.method, ...trace });
  }

  get progress(): ProgressPort {
    return this.#deps.progress;
  }
}

/** One call. A class, and no closures, because every request makes one. */
class Call implements RunningCall {
  readonly answer: Promise<CallAnswer>;
  readonly ended: Promise<void>;
  readonly method: string;
  abortReason: AirlockError | null = null;
  readonly #deps: CallDeps;
  readonly #resolve: (answer: CallAnswer) => void;
  #controller: AbortController | null = null;
  #deadline: Deadline | null = null;
  #isAnswered = false;
  #isDecided = false;

  constructor(deps: CallDeps, request: CallRequest) {
    const { promise, resolve } = Promise.withResolvers<CallAnswer>();
    this.answer = promise;
    this.method = request.method;
    this.#deps = deps;
    this.#resolve = resolve;
    this.ended = this.#run(request);
  }

  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (this.abortReason !== null) this.#controller.abort(this.abortReason);
    }
    return this.#controller.signal;
  }

  decide(): void {
    if (this.abortReason !== null) throw this.abortReason;
    this.#isDecided = true;
  }

  abort(reason: AirlockError): void {
    // Race: what was decided is answered, or a caller who was told "cancelled" would send again what is stored.
    if (this.#isDecided || this.abortReason !== null) return;
    this.abortReason = reason;
    // Order: the caller's answer is decided before the code hears of it.
    this.#fail(reason);
    this.#controller?.abort(reason);
  }

  /** Check and run; never rejects. */
  async #run(request: CallRequest): Promise<void> {
    try {
      const { spec, answer } = this.#begin(request);
      this.#answer({ kind: 'result', result: checkResult(spec, await answer) });
    } catch (error) {
      if (this.#isAnswered) logLateFailure(this.#deps.log, error, this.#failed());
      else this.#fail(error);
    }
    if (this.#deadline !== null) this.#deps.deadlines.remove(this.#deadline);
  }

  #begin({ method, params }: CallRequest): { readonly spec: MethodSpec; readonly answer: Promise<unknown> } {
    const deps = this.#deps;
    // Order: scope before schema, so that nobody learns a method's shape by trying.
    const { spec, call } = findMethod(deps, method);
    const { meta, own } = takeMeta(method, params);
    const checked = parseParams(spec.params, own, { method });
    const { deadlineMs, trace } = meta;
    if (deadlineMs !== undefined) {
      this.#deadline = deps.deadlines.add(deadlineMs, () => this.abort(pastDeadline(method, deadlineMs)));
    }
    return { spec, answer: call(checked, new Context(this, deps, trace)) };
  }

  #failed(): FailedCall {
    return { method: nameOf(this.method), requestId: this.#deps.requestId };
  }

  #fail(error: unknown): void {
    if (this.#isAnswered) return;
    this.#answer({ kind: 'error', error: toAnswerError(this.#deps.log, error, this.#failed()) });
  }

  #answer(answer: CallAnswer): void {
    if (this.#isAnswered) return;
    this.#isAnswered = true;
    this.#resolve(answer);
  }
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
  return new Call(deps, request);
}
