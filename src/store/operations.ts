// Every call of the store as one row: in which kind of transaction it runs, and what it does there.

import type { SubmissionId } from '../core/ids.ts';
import { accept, type CallContent, findFirst, findFirstAnswer } from './accept.ts';
import type { CallTime, StoreContext } from './context.ts';
import { claimDelivery, endDelivery } from './deliveries.ts';
import type { FirstAnswer } from './first-answer.ts';
import { holdRemoved, listDestinations, releaseHeld, setDestination } from './holds.ts';
import { countByDestination, getDelivery, listDeliveries } from './list-deliveries.ts';
import { getReport, getSubmission, listReports, listSubmissions } from './lists.ts';
import { type CallAnswer, type CallKey, findCallAnswer, keepCallAnswer } from './call-answers.ts';
import { deleteSubmissions } from './delete-submissions.ts';
import { handDeliveries } from './hand-deliveries.ts';
import { compactStep } from './compact.ts';
import { resendReports } from './resend.ts';
import { countShape } from './shape.ts';
import { type FileBody, isFileNamed, type VerifyBatch, type VerifyPlace, verifyRows } from './verify-rows.ts';
import { countOpenWork } from './open-work.ts';
import { listPauses, pause, resume } from './pauses.ts';
import { retryDeliveries, retrySubmissions } from './retry.ts';
import { endPostAction, listDueActions } from './post-actions.ts';
import { countFolders, findKnownFiles, forgetFiles, listOpenFiles, refuseFile, touchFiles } from './seen-files.ts';
import { countStats, takeSnapshot } from './stats.ts';
import { claimSubmission, endSubmission, wakeWaiting } from './submissions.ts';
import type { PlacedInput } from './placed.ts';
import type { FoundDelivery, FoundReport, PlacedEnd } from './placed-end.ts';
import { releaseRoom, reserveRoom, type RoomAnswer, type RoomRelease, type RoomRequest } from './room.ts';
import type { AcceptOutcome, Claim, Store } from './types.ts';

/** What the main thread asks for by itself, to take files in, and to write and read the files of large reports. */
type OwnCalls = {
  readonly accept: (input: PlacedInput) => Promise<AcceptOutcome>;
  readonly findFirst: (key: Pick<CallContent, 'kid' | 'idempotencyKey'>) => Promise<FirstAnswer | null>;
  readonly findAnswer: (content: CallContent) => Promise<AcceptOutcome | null>;
  readonly reserve: (request: RoomRequest) => Promise<RoomAnswer>;
  readonly release: (upload: RoomRelease) => Promise<void>;
  readonly endSubmission: (submissionId: SubmissionId, end: PlacedEnd) => Promise<void>;
  readonly claimDelivery: (...args: Parameters<Store['claimDelivery']>) => Promise<Claim<FoundDelivery>>;
  readonly verifyRows: (after: VerifyPlace | null) => Promise<VerifyBatch>;
  readonly isFileNamed: (body: FileBody) => Promise<boolean>;
  readonly findCallAnswer: (call: CallKey) => Promise<CallAnswer | null>;
  readonly keepCallAnswer: (call: CallKey & CallAnswer) => Promise<void>;
  readonly getReport: (...args: Parameters<Store['getReport']>) => Promise<FoundReport | null>;
};
type Calls = Omit<Store, keyof OwnCalls | 'once' | 'verify' | 'openUpload' | 'changes' | typeof Symbol.asyncDispose> &
  OwnCalls;

/** The calls that cross to the store's thread. */
export type StoreMethod = keyof Calls;
/** What a call is given. */
export type StoreArguments = { readonly [M in StoreMethod]: Parameters<Calls[M]> };
/** What a call answers. */
export type StoreResult<M extends StoreMethod> = Awaited<ReturnType<Calls[M]>>;

/** One call on its way. */
export type StoreRequest<M extends StoreMethod = StoreMethod> = {
  [N in M]: { readonly id: number; readonly nowUnixMs: number; readonly method: N; readonly args: StoreArguments[N] };
}[M];

/**
 * `write`: shares one transaction with others, on disk before it is answered. `claim`: shares another one that survives a kill
 * but perhaps not a power loss, which costs no more than the claim. `read`: no transaction.
 */
export type OperationKind = 'write' | 'claim' | 'read';

type Operation<M extends StoreMethod> = {
  readonly kind: OperationKind;
  readonly run: (context: StoreContext, args: StoreArguments[M], time: CallTime) => StoreResult<M>;
};

const OPERATIONS: { readonly [M in StoreMethod]: Operation<M> } = {
  accept: { kind: 'write', run: (context, [input], time) => accept(context, input, time) },
  findFirst: { kind: 'read', run: (context, [key]) => findFirst(context, key) },
  findAnswer: { kind: 'read', run: (context, [content]) => findFirstAnswer(context, content) },
  reserve: { kind: 'read', run: (context, [request]) => reserveRoom(context, request) },
  release: { kind: 'read', run: (context, [upload]) => releaseRoom(context, upload) },
  endSubmission: { kind: 'write', run: (context, [id, end], time) => endSubmission(context, id, { end, ...time }) },
  wakeWaiting: { kind: 'write', run: (context, [reasons], time) => wakeWaiting(context, reasons, time) },
  endDelivery: { kind: 'write', run: (context, [name, end], time) => endDelivery(context, name, { end, ...time }) },
  releaseHeld: { kind: 'write', run: (context, [destination]) => releaseHeld(context, destination) },
  holdRemoved: { kind: 'write', run: (context, [configured]) => holdRemoved(context, configured) },
  setDestination: { kind: 'write', run: (context, [destination]) => setDestination(context, destination) },
  claimSubmission: { kind: 'claim', run: (context, _none, time) => claimSubmission(context, time) },
  claimDelivery: {
    kind: 'claim',
    run: (context, [destination, options], time) => claimDelivery(context, destination, { ...options, ...time }),
  },
  destinations: { kind: 'read', run: (context) => listDestinations(context) },
  getSubmission: { kind: 'read', run: (context, [id, viewer]) => getSubmission(context, id, viewer) },
  listSubmissions: { kind: 'read', run: (context, [viewer, options]) => listSubmissions(context, viewer, options) },
  getReport: { kind: 'read', run: (context, [id, viewer]) => getReport(context, id, viewer) },
  listReports: { kind: 'read', run: (context, [viewer, options]) => listReports(context, viewer, options) },
  listDeliveries: { kind: 'read', run: (context, [options]) => listDeliveries(context, options) },
  countByDestination: { kind: 'read', run: (context) => countByDestination(context) },
  retryDeliveries: {
    kind: 'write',
    run: (context, [selection, options]) => retryDeliveries(context, selection, options),
  },
  retrySubmissions: {
    kind: 'write',
    run: (context, [selection, options], time) => retrySubmissions(context, selection, { ...options, ...time }),
  },
  handDeliveries: {
    kind: 'write',
    run: (context, [selection, options]) => handDeliveries(context, selection, options),
  },
  deleteSubmissions: {
    kind: 'write',
    run: (context, [selection, options], time) => deleteSubmissions(context, selection, { ...options, ...time }),
  },
  findCallAnswer: { kind: 'read', run: (context, [call]) => findCallAnswer(context, call) },
  keepCallAnswer: { kind: 'write', run: (context, [call], time) => keepCallAnswer(context, call, time) },
  getDelivery: { kind: 'read', run: (context, [delivery]) => getDelivery(context, delivery) },
  pause: { kind: 'write', run: (context, [destination], time) => pause(context, destination, time) },
  resume: { kind: 'write', run: (context, [destination]) => resume(context, destination) },
  shape: { kind: 'read', run: (context, _none, time) => countShape(context, time) },
  compactStep: { kind: 'read', run: (context) => compactStep(context) },
  verifyRows: { kind: 'read', run: (context, [after]) => verifyRows(context, after) },
  isFileNamed: { kind: 'read', run: (context, [body]) => isFileNamed(context, body) },
  resendReports: {
    kind: 'write',
    run: (context, [selection, options], time) => resendReports(context, selection, { ...options, ...time }),
  },
  pauses: { kind: 'read', run: (context) => listPauses(context) },
  openWork: { kind: 'read', run: (context, [query]) => countOpenWork(context, query) },
  knownFiles: { kind: 'read', run: (context, [folder, files]) => findKnownFiles(context, folder, files) },
  openFiles: { kind: 'read', run: (context) => listOpenFiles(context) },
  refuseFile: {
    kind: 'write',
    run: (context, [origin, failure], time) => refuseFile(context, { origin, failure }, time),
  },
  touchFiles: { kind: 'write', run: (context, [folder, paths], time) => touchFiles(context, { folder, paths }, time) },
  forgetFiles: {
    kind: 'write',
    run: (context, [folder, beforeUnixMs]) => forgetFiles(context, { folder, beforeUnixMs }),
  },
  dueActions: {
    kind: 'read',
    run: (context, [folder, options], time) => listDueActions(context, folder, { ...options, ...time }),
  },
  endPostAction: {
    kind: 'write',
    run: (context, [action, end], time) => endPostAction(context, action, { end, ...time }),
  },
  countFolders: { kind: 'read', run: (context) => countFolders(context) },
  stats: { kind: 'read', run: (context, _none, time) => countStats(context, time) },
  snapshot: { kind: 'read', run: (context, [viewer]) => takeSnapshot(context, viewer) },
};

/**
 * Kind of a call.
 *
 * @param method - Name of the call.
 */
export function kindOf(method: StoreMethod): OperationKind {
  return OPERATIONS[method].kind;
}

/**
 * Do what a call asks for.
 *
 * @param context - Inside a transaction, but for reads.
 * @throws whatever the operation throws.
 */
export function perform<M extends StoreMethod>(context: StoreContext, request: StoreRequest<M>): StoreResult<M> {
  const { method, args, nowUnixMs }: { method: M; args: StoreArguments[M]; nowUnixMs: number } = request;
  const operation: Operation<M> = OPERATIONS[method];
  return operation.run(context, args, { nowUnixMs });
}
