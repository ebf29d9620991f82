// A submission as it is taken in, claimed and ended.

import type { Body, Companion } from '../core/body.ts';
import type { KeyId, ReportId, SubmissionId } from '../core/ids.ts';
import type { WaitingReason } from '../core/states.ts';
import type { IncomingBody, QueueFull, TooLarge } from './upload-types.ts';

/** One file as it lies in a watch folder at one moment. */
export type FolderFile = {
  /** Relative to the folder, with `/`. */
  readonly path: string;
  /** Size, time and inode as one text: the same text is the same file, not written to since. */
  readonly identity: string;
};

/** Where a watch folder found a file. It is taken once: a folder, path and content that is known gives `duplicate`. */
export type FolderOrigin = FolderFile & { readonly folder: string };

/** One more file that is taken in together with another one. */
export type IncomingCompanion = { readonly name: string; readonly body: IncomingBody };

/** One file to take in. */
export type AcceptInput = {
  readonly kid: KeyId;
  /** Known per kid; the same key with the same bytes gives the first answer again. */
  readonly idempotencyKey: string;
  readonly name: string;
  readonly body: IncomingBody;
  /** Files that belong to this one. */
  readonly companions: readonly IncomingCompanion[];
  /** Where a watch folder found it; null = it came over the wire. */
  readonly origin: FolderOrigin | null;
  /** Converter that was asked for by name, or null to choose. */
  readonly converter: string | null;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** 1 = first … 10. */
  readonly priority: number;
  readonly group: string | null;
};

/** How taking in can end. */
export type AcceptOutcome =
  | {
      readonly kind: 'accepted';
      readonly submissionId: SubmissionId;
      readonly sha256: string;
      readonly bytes: number;
      readonly duplicate: boolean;
    }
  | QueueFull
  | TooLarge
  | { readonly kind: 'conflict'; readonly submissionId: SubmissionId };

/** The answer that an idempotency key was given first. `sha256` and `bytes` of its main file. */
export type KnownAnswer = {
  readonly sha256: string;
  readonly bytes: number;
  /** What a repeated call is answered: `accepted` as a duplicate for the same files and companions, else `conflict`. */
  readonly again: (files: {
    readonly sha256: string;
    readonly companions: readonly { readonly name: string; readonly sha256: string }[];
  }) => AcceptOutcome;
};

/** A submission that the conversion loop has claimed. */
export type ClaimedSubmission = {
  readonly submissionId: SubmissionId;
  readonly kid: KeyId;
  readonly name: string;
  /** A file stays as it is until the submission has ended. */
  readonly body: Body;
  readonly companions: readonly Companion[];
  readonly sha256: string;
  readonly receivedAtUnixMs: number;
  readonly converter: string | null;
  readonly arguments: Readonly<Record<string, unknown>>;
  /** Conversions begun for this submission, this one included. */
  readonly attempt: number;
};

/** A claim, or how long there is nothing to claim (null = until something changes). */
export type Claim<T> =
  | { readonly kind: 'claimed'; readonly item: T }
  | { readonly kind: 'none'; readonly nextDueInMs: number | null };

/** Which converter worked on a submission. */
export type UsedConverter = { readonly name: string; readonly version: string; readonly sha256: string };

/** A failure as it is kept and shown. `code` is from the error table. */
export type FailureRecord = {
  readonly code: string;
  readonly message: string;
  readonly file?: string | null;
  readonly line?: number | null;
  readonly column?: number | null;
  readonly limit?: string;
  readonly used?: number;
  readonly allowed?: number;
};

/** Bytes of one attachment, under the hash by which the report's body names it: SHA-256, lower-case hex. */
export type StoredAttachment = { readonly sha256: string; readonly bytes: Uint8Array };

/** One report of a finished conversion, and where it goes. */
export type NewReport = {
  readonly reportId: ReportId;
  readonly kind: string;
  readonly outcome: string;
  readonly partNumber: string | null;
  readonly serialNumber: string | null;
  /** Canonical report as JSON text. */
  readonly body: string;
  /** Each hash once. Kept and retired with the body. */
  readonly attachments: readonly StoredAttachment[];
  /** Names of destinations; empty = delivered to none. */
  readonly destinations: readonly string[];
};

/** How the conversion of a claimed submission ended: exactly one transaction. */
export type SubmissionEnd = {
  readonly converter: UsedConverter | null;
  readonly log: readonly { readonly level: string; readonly text: string }[];
  readonly warnings: readonly string[];
} & (
  | { readonly state: 'converted'; readonly reports: readonly NewReport[] }
  | { readonly state: 'skipped'; readonly reason: string }
  | { readonly state: 'rejected' | 'failed' | 'stopped' | 'crashed'; readonly failure: FailureRecord }
  | { readonly state: 'suspended'; readonly reason: string; readonly afterMs: number }
  | { readonly state: 'waiting'; readonly reason: WaitingReason; readonly message: string }
  /** Given back untouched, e.g. when a drain runs out of time; charges no attempt. */
  | { readonly state: 'received' }
);
