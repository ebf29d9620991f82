// The package's public names.

export type { CallOptions } from './client/calls.ts';
export type { CallParams, CallResult, Client } from './client/client.ts';
export { connect, type ConnectOptions } from './client/connect.ts';
export type { AirlockEvent, ChangeEvent, EventData, EventSnapshot } from './client/event-items.ts';
export type { ClientState } from './client/link-keeper.ts';
export type { Progress } from './client/progress.ts';
export type { CompanionFile, FileContent, SubmitOptions, SubmittedFile } from './client/submit.ts';
export type { SubscribeOptions, Subscription } from './client/subscription.ts';
export type { UploadSource } from './client/upload-plan.ts';
export { AirlockError, ERROR_CODES, type ErrorCode, type ErrorData, type ErrorDetail } from './core/errors.ts';
export type { EventTopic } from './protocol/events.ts';
export type { ParamsInputOf, ResultOf } from './protocol/method-spec.ts';
export type { METHODS, MethodName } from './protocol/registry.ts';
