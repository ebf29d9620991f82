// What the daemon alone knows about a report, and the step that turns a finished draft into the report that is stored.

/** Facts about a submission that go into each of its reports. */
export type ReportStamp = {
  readonly submissionId: string;
  readonly receivedAtUnixMs: number;
  readonly file: { readonly name: string; readonly bytes: number; readonly sha256: string };
  /** Label of the encoding that the input was decoded with; null for bytes. */
  readonly encoding: string | null;
  /** Null for a canonical file. */
  readonly converter: { readonly name: string; readonly version: string; readonly sha256: string } | null;
  /** Name of the format, e.g. the converter's name, or `airlock.report/1`. */
  readonly format: string;
  /** Name of the key that submitted it. */
  readonly submittedBy: string;
  readonly host: string;
  /** What a report gets as its station. Empty texts give nothing. */
  readonly station: {
    readonly name: string;
    readonly location: string;
    readonly purpose: string;
    readonly apply: 'missing' | 'always' | 'never';
    /** `station.nameFrom` is `report`: the name is never filled in here, and a report without one is refused. */
    readonly isNameFromReport: boolean;
  };
};

/** Bytes of one attachment, by the hash that the report names. */
export type AttachmentBytes = { readonly sha256: string; readonly bytes: Uint8Array };

/** A report ready to be stored. */
export type AssembledReport = {
  /** UUID in lower case: the file's own, or derived (queue.md 2). */
  readonly reportId: string;
  readonly kind: 'test' | 'repair';
  readonly outcome: string;
  readonly partNumber: string | null;
  readonly serialNumber: string | null;
  /** Canonical JSON. */
  readonly body: string;
  /** The same as `source.warnings` in the body. */
  readonly warnings: readonly string[];
  /** Each hash once. */
  readonly attachments: readonly AttachmentBytes[];
};
