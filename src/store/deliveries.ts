// The uploader's side of the store: claim a delivery, end it.

import { join } from 'node:path';
import { assertNever } from '../core/assert-never.ts';
import { AirlockError } from '../core/errors.ts';
import { hash } from './hash.ts';
import { readAttachments } from './attachments.ts';
import { changeDelivery, DELIVERY_CHANGE_COLUMNS, type DeliveryTarget } from './change.ts';
import type { CallTime, StoreContext } from './context.ts';
import type { Row } from './database.ts';
import { type ClaimOptions, findNextDelivery, nextDueInMs } from './delivery-order.ts';
import { isFileWhole } from './bodies.ts';
import { HELD_BY_PERSON } from './hand-holds.ts';
import { isPaused } from './pauses.ts';
import { FILE_DAMAGED, type FoundDelivery } from './placed-end.ts';
import { dropReplaced } from './reports.ts';
import { readNumber, readReportId, readSubmissionId, readText, readTextOrNull } from './rows.ts';
import type { Claim, ClaimedDelivery, DeliveryEnd } from './types.ts';

/** Names one delivery. */
export type DeliveryName = Pick<ClaimedDelivery, 'reportId' | 'revision' | 'destination'>;

const NAMED = `SELECT ${DELIVERY_CHANGE_COLUMNS}
  WHERE d.destination = :destination AND d.report_id = :id AND r.revision = :revision`;

const NEWER_REVISION = `SELECT 1 FROM delivery AS d JOIN report AS r ON r.seq = d.report
  WHERE d.destination = :destination AND d.report_id = :id AND r.revision > :revision LIMIT 1`;

/** What a delivery sends. */
type Content = Pick<FoundDelivery, 'body' | 'attachments' | 'bodyFile'>;
type Found = ({ readonly kind: 'content' } & Content) | { readonly kind: 'damaged'; readonly error: string };

type FoundBody = Pick<Content, 'body' | 'bodyFile'> | { readonly error: string };

function readBody({ database, payload }: StoreContext, delivery: Row): FoundBody {
  const report = readNumber(delivery, 'report');
  const row = database.get('SELECT body, file FROM report_body WHERE report = :report', { report });
  const file = row === undefined ? null : readTextOrNull(row, 'file');
  if (file !== null) {
    // Its hash is taken by the main thread, which reads it.
    return isFileWhole(join(payload, file), readNumber(delivery, 'size'))
      ? { body: '', bodyFile: file }
      : { error: FILE_DAMAGED };
  }
  const body = row === undefined ? null : readText(row, 'body');
  const isWhole = body !== null && hash(body) === readText(delivery, 'sha256');
  return isWhole ? { body } : { error: 'stored body does not match its hash' };
}

function readContent(context: StoreContext, delivery: Row): Found {
  const body = readBody(context, delivery);
  if ('error' in body) return { kind: 'damaged', ...body };
  const attachments = readAttachments(context, readNumber(delivery, 'report'));
  if (attachments === null) return { kind: 'damaged', error: 'stored attachment does not match its hash' };
  return { kind: 'content', ...body, attachments };
}

function toClaimed(row: Row, { body, bodyFile, attachments }: Content): FoundDelivery {
  return {
    reportId: readReportId(row, 'report_id'),
    revision: readNumber(row, 'revision'),
    submissionId: readSubmissionId(row, 'submission_id'),
    destination: readText(row, 'destination'),
    body,
    ...(bodyFile !== undefined && { bodyFile }),
    attachments,
    bytes: readNumber(row, 'size'),
    sha256: readText(row, 'sha256'),
    acceptedAtUnixMs: readNumber(row, 'received_at'),
    attempts: readNumber(row, 'attempts'),
    tries: readNumber(row, 'tries') + 1,
  };
}

/**
 * Take the next delivery of a destination: by rank, then due, then order of acknowledgement.
 *
 * `tries` is written before the request starts. A body or an attachment that does not match its hash any more makes its
 * delivery `corrupt`, and the next one is looked at.
 *
 * @param context - Inside a transaction.
 */
export function claimDelivery(context: StoreContext, destination: string, options: ClaimOptions): Claim<FoundDelivery> {
  const { database } = context;
  // Nothing comes by time alone: the end of the pause rings.
  if (isPaused(context, destination)) return { kind: 'none', nextDueInMs: null };
  for (;;) {
    const row = findNextDelivery(context, destination, options);
    if (row === undefined) return { kind: 'none', nextDueInMs: nextDueInMs(context, destination, options) };
    changeDelivery(context, row, { state: 'inflight' });
    const found = readContent(context, row);
    if (found.kind === 'content') {
      database.run('UPDATE delivery SET tries = tries + 1 WHERE seq = :seq', { seq: readNumber(row, 'seq') });
      return { kind: 'claimed', item: toClaimed(row, found) };
    }
    const { error } = found;
    endDelivery(context, { destination, ...nameOf(row) }, { ...options, end: { state: 'corrupt', error } });
  }
}

const nameOf = (row: Row): Omit<DeliveryName, 'destination'> => ({
  reportId: readReportId(row, 'report_id'),
  revision: readNumber(row, 'revision'),
});

function toTarget(end: DeliveryEnd, { nowUnixMs }: CallTime): DeliveryTarget {
  switch (end.state) {
    case 'delivered':
    case 'ready':
      return { state: end.state };
    case 'deferred':
      return { state: 'deferred', reason: end.error, dueUnixMs: nowUnixMs + end.afterMs };
    case 'held':
    case 'corrupt':
      return { state: end.state, reason: end.error };
    case 'dead':
      return { state: 'dead', reason: end.reason };
    default:
      return assertNever(end);
  }
}

function writeTrace(
  { database }: StoreContext,
  seq: number,
  { end, nowUnixMs }: CallTime & { readonly end: DeliveryEnd },
): void {
  if (end.state === 'ready') return;
  const isCharged = end.state === 'dead' || (end.state === 'deferred' && end.isCharged);
  database.run(
    `UPDATE delivery SET attempts = attempts + :charged, last_error = :error, answer = :answer,
       server_id = :serverId, delivered_at = :deliveredAt
     WHERE seq = :seq`,
    {
      seq,
      charged: Number(isCharged),
      error: 'error' in end ? end.error : null,
      answer: 'answer' in end ? end.answer : null,
      serverId: end.state === 'delivered' ? end.serverId : null,
      deliveredAt: end.state === 'delivered' ? nowUnixMs : null,
    },
  );
}

/**
 * End a claimed delivery, or hold a dead one with its destination. One that was not delivered and has a newer revision waiting is
 * dropped in its favour; one that a person holds stays as it is.
 *
 * @param context - Inside a transaction.
 * @throws {AirlockError} not_found when there is no such delivery.
 */
export function endDelivery(
  context: StoreContext,
  { reportId, revision, destination }: DeliveryName,
  { end, ...time }: CallTime & { readonly end: DeliveryEnd },
): void {
  const { database } = context;
  const name = { destination, id: reportId, revision };
  const row = database.get(NAMED, name);
  if (row === undefined) {
    throw new AirlockError('not_found', `Cannot end delivery of ${reportId} to ${destination}: it is unknown`);
  }
  // Race: it was dead when its destination was found at fault, and a person has held it since.
  if (row['state'] === 'held' && row['reason'] === HELD_BY_PERSON) return;
  writeTrace(context, readNumber(row, 'seq'), { ...time, end });
  changeDelivery(context, row, toTarget(end, time));
  if (end.state !== 'delivered' && database.get(NEWER_REVISION, name) !== undefined) dropReplaced(context, row);
}
