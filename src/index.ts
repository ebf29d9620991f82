// The package's public names.

export type { CallOptions, Client } from './client/client.ts';
export { connect, type ConnectOptions } from './client/connect.ts';
export type { AirlockEvent, Subscription } from './client/events.ts';
export type { Progress } from './client/progress.ts';
export { AirlockError, ERROR_CODES, type ErrorCode, type ErrorData, type ErrorDetail } from './core/errors.ts';
export type { ParamsInputOf, ResultOf } from './protocol/method-spec.ts';
export type { METHODS, MethodName } from './protocol/registry.ts';
