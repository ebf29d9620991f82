// What isolated-vm throws, told apart: the one place where its texts are matched. What it does not know it rethrows.

/** An end of guest code that isolated-vm reports by throwing. */
export type IsolateFailure =
  | { readonly kind: 'timeout' }
  | { readonly kind: 'heap' }
  | { readonly kind: 'thrown'; readonly name: string; readonly message: string; readonly stack: string };

const TIMEOUT = 'Script execution timed out.';
const HEAP = 'Isolate was disposed during execution due to memory limit';
const NO_ERROR =
  'An object was thrown from supplied code within isolated-vm, but that object was not an instance of `Error`.';
/** The last line of a stack that is the guest's; host frames with paths of the machine follow. */
const BOUNDARY = '(<isolated-vm boundary>)';
/** isolated-vm puts the place of a syntax error behind its message. */
const SYNTAX_PLACE = / \[([^\]\n]{1,1024}):(\d{1,9}):(\d{1,9})\]$/;

function thrown(name: string, message: string, stack: string): IsolateFailure {
  return { kind: 'thrown', name, message, stack };
}

function fromError(error: Error): IsolateFailure | null {
  const stack = typeof error.stack === 'string' ? error.stack : '';
  const boundary = stack.indexOf(BOUNDARY);
  if (boundary < 0) return null;
  const guestStack = stack.slice(0, boundary).replace(/\n {4}at $/, '');
  const place = SYNTAX_PLACE.exec(error.message);
  if (!(error instanceof SyntaxError) || place === null) return thrown(error.name, error.message, guestStack);
  const message = error.message.slice(0, place.index);
  return thrown(error.name, message, `${error.name}: ${message}\n    at ${place[1]}:${place[2]}:${place[3]}`);
}

/**
 * Tell what isolated-vm threw.
 *
 * Trust: a guest can throw an error with these texts; it only ever changes how its own end is called.
 *
 * @param error - Anything caught around a call into an isolate; it may be `undefined`.
 * @returns The failure, without any frame of the host.
 * @throws what was given, when it is neither of isolated-vm nor of the guest: then the runner is not trusted any more.
 */
export function toIsolateFailure(error: unknown): IsolateFailure {
  if (typeof error !== 'object' || error === null)
    return thrown('Error', `a value that is no Error was thrown: ${String(error)}`, '');
  if (!(error instanceof Error)) throw error;
  if (error.message === TIMEOUT) return { kind: 'timeout' };
  if (error.message === HEAP) return { kind: 'heap' };
  if (error.message === NO_ERROR) return thrown('Error', 'a value that is no Error was thrown', '');
  const failure = fromError(error);
  if (failure === null) throw error;
  return failure;
}
