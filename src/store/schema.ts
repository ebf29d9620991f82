// The tables, as numbered steps: a database of any earlier version is brought to this one when it is opened.

import { AirlockError } from '../core/errors.ts';
import { type Database, inTransaction } from './database.ts';
import { WITH_PEOPLE } from './schema-people.ts';

// Times are wall clock, milliseconds since 1970 UTC. `position` = order of acknowledgement, then index within the submission.
const FIRST = `
CREATE TABLE submission (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  kid TEXT NOT NULL,
  name TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT,
  due INTEGER,
  rank INTEGER NOT NULL,
  group_key TEXT,
  size INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  received_at INTEGER NOT NULL,
  ended_at INTEGER,
  attempts INTEGER NOT NULL DEFAULT 0,
  crashes INTEGER NOT NULL DEFAULT 0,
  wanted_converter TEXT,
  arguments TEXT NOT NULL,
  converter_name TEXT,
  converter_version TEXT,
  converter_sha256 TEXT,
  failure TEXT,
  warnings TEXT NOT NULL DEFAULT '[]',
  log TEXT NOT NULL DEFAULT '[]',
  has_body INTEGER NOT NULL DEFAULT 1
) STRICT;
CREATE INDEX submission_claim ON submission (state, rank);
CREATE INDEX submission_due ON submission (due) WHERE state = 'suspended';
CREATE INDEX submission_kid ON submission (kid);
CREATE INDEX submission_group ON submission (group_key) WHERE group_key IS NOT NULL;
CREATE INDEX submission_received ON submission (received_at);
CREATE INDEX submission_ended ON submission (ended_at, state);
CREATE INDEX submission_bytes ON submission (ended_at, size) WHERE has_body = 1;

CREATE TABLE body (
  submission INTEGER PRIMARY KEY REFERENCES submission (seq) ON DELETE CASCADE,
  bytes BLOB NOT NULL
) STRICT;

CREATE TABLE idempotency (
  kid TEXT NOT NULL,
  key TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  size INTEGER NOT NULL,
  submission_id TEXT NOT NULL,
  answered_at INTEGER NOT NULL,
  PRIMARY KEY (kid, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_age ON idempotency (answered_at);

CREATE TABLE report (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL,
  revision INTEGER NOT NULL,
  submission INTEGER NOT NULL REFERENCES submission (seq) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  outcome TEXT NOT NULL,
  part_number TEXT,
  serial_number TEXT,
  size INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  has_body INTEGER NOT NULL,
  UNIQUE (id, revision)
) STRICT;
CREATE INDEX report_submission ON report (submission);
CREATE INDEX report_created ON report (created_at);
CREATE INDEX report_bytes ON report (size) WHERE has_body = 1;

CREATE TABLE report_body (
  report INTEGER PRIMARY KEY REFERENCES report (seq) ON DELETE CASCADE,
  body TEXT NOT NULL
) STRICT;

-- Which submissions gave which reports: a file sent twice gives the same report twice.
CREATE TABLE produced (
  submission INTEGER NOT NULL REFERENCES submission (seq) ON DELETE CASCADE,
  report INTEGER NOT NULL REFERENCES report (seq) ON DELETE CASCADE,
  PRIMARY KEY (submission, report)
) STRICT, WITHOUT ROWID;
CREATE INDEX produced_report ON produced (report);

CREATE TABLE delivery (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  report INTEGER NOT NULL REFERENCES report (seq) ON DELETE CASCADE,
  report_id TEXT NOT NULL,
  destination TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT,
  due INTEGER,
  rank INTEGER NOT NULL,
  position INTEGER NOT NULL,
  group_key TEXT,
  created_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  tries INTEGER NOT NULL DEFAULT 0,
  last_error TEXT,
  answer TEXT,
  server_id TEXT,
  delivered_at INTEGER,
  UNIQUE (report, destination)
) STRICT;
CREATE INDEX delivery_claim ON delivery (destination, state, rank, due, position);
CREATE INDEX delivery_due ON delivery (destination, due) WHERE state = 'deferred';
CREATE INDEX delivery_state ON delivery (state, created_at);
CREATE INDEX delivery_open ON delivery (report) WHERE state <> 'delivered';
CREATE INDEX delivery_report ON delivery (destination, report_id, state);
CREATE INDEX delivery_group ON delivery (destination, group_key, state, position) WHERE group_key IS NOT NULL;
CREATE INDEX delivery_done ON delivery (delivered_at) WHERE delivered_at IS NOT NULL;

CREATE TABLE destination (
  name TEXT PRIMARY KEY,
  state TEXT NOT NULL,
  reason TEXT,
  message TEXT,
  since INTEGER,
  due INTEGER,
  failures INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`;

// Attachments lie beside the body of the revision that names them, and go with it.
const WITH_ATTACHMENTS = `
CREATE TABLE attachment (
  seq INTEGER PRIMARY KEY,
  report INTEGER NOT NULL REFERENCES report (seq) ON DELETE CASCADE,
  sha256 TEXT NOT NULL,
  size INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  UNIQUE (report, sha256)
) STRICT;
CREATE INDEX attachment_bytes ON attachment (size);
`;

// Large bodies lie in files (`payload/`); their column `file` is the name below it, and their bytes or text are empty.
const WITH_FILES = `
ALTER TABLE submission ADD COLUMN body_file TEXT;
ALTER TABLE submission ADD COLUMN companion_size INTEGER NOT NULL DEFAULT 0;
CREATE INDEX submission_file ON submission (body_file) WHERE body_file IS NOT NULL;

CREATE TABLE companion (
  seq INTEGER PRIMARY KEY,
  submission INTEGER NOT NULL REFERENCES submission (seq) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  name TEXT NOT NULL,
  size INTEGER NOT NULL,
  sha256 TEXT NOT NULL,
  file TEXT,
  bytes BLOB NOT NULL,
  UNIQUE (submission, position)
) STRICT;
CREATE INDEX companion_file ON companion (file) WHERE file IS NOT NULL;

-- Empty = there were none; the same key with other companions is other content.
ALTER TABLE idempotency ADD COLUMN companions TEXT NOT NULL DEFAULT '';

ALTER TABLE report_body ADD COLUMN file TEXT;
ALTER TABLE attachment ADD COLUMN file TEXT;
CREATE INDEX report_body_file ON report_body (file) WHERE file IS NOT NULL;
CREATE INDEX attachment_file ON attachment (file) WHERE file IS NOT NULL;
`;

// A file of a watch folder is known by where it lies and what is in it. `identity` null = it does not lie there any more.
const WITH_INTAKE = `
CREATE TABLE seen_file (
  folder TEXT NOT NULL,
  path TEXT NOT NULL,
  sha256 TEXT NOT NULL,
  identity TEXT,
  submission_id TEXT,
  state TEXT NOT NULL,
  failure TEXT,
  seen_at INTEGER NOT NULL,
  PRIMARY KEY (folder, path, sha256)
) STRICT, WITHOUT ROWID;
CREATE INDEX seen_file_submission ON seen_file (submission_id) WHERE submission_id IS NOT NULL;
CREATE INDEX seen_file_state ON seen_file (folder, state, seen_at);

CREATE TABLE post_action (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  folder TEXT NOT NULL,
  path TEXT NOT NULL,
  identity TEXT NOT NULL,
  sha256 TEXT,
  submission_id TEXT,
  outcome TEXT NOT NULL,
  converter TEXT,
  failure TEXT,
  ended_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  due INTEGER NOT NULL,
  error TEXT,
  UNIQUE (folder, path)
) STRICT;
CREATE INDEX post_action_due ON post_action (folder, due);
`;

// Taking a file in pays a page of the log for each index that a new row stands in: what only finished work is looked up by has
// only finished rows. Ids begin with the time (submissions of a day), keys are forgotten in their own order (prune.ts).
const WITH_FEWER_PAGES = `
DROP INDEX submission_received;
DROP INDEX submission_ended;
DROP INDEX submission_bytes;
DROP INDEX idempotency_age;
CREATE INDEX submission_ended ON submission (ended_at, state) WHERE ended_at IS NOT NULL;
CREATE INDEX submission_sources ON submission (ended_at, size, companion_size) WHERE has_body = 1 AND ended_at IS NOT NULL;
`;

/** Step n brings version n to n + 1. A step that was released is never changed. */
const STEPS: readonly string[] = [FIRST, WITH_ATTACHMENTS, WITH_FILES, WITH_INTAKE, WITH_FEWER_PAGES, WITH_PEOPLE];

/** Version that this build reads and writes, as `PRAGMA user_version`. */
export const SCHEMA_VERSION = STEPS.length;

/**
 * Bring a database to {@link SCHEMA_VERSION}, each step in one transaction.
 *
 * @param until - Version to stop at: tests of what older builds left behind.
 * @throws {AirlockError} unavailable when a newer build wrote it; nothing is changed then.
 */
export function migrate(database: Database, until = SCHEMA_VERSION): void {
  const found = Number(database.get('PRAGMA user_version')?.['user_version']);
  if (found > SCHEMA_VERSION) {
    const message = `Cannot open database: its version is ${found}, this build knows at most ${SCHEMA_VERSION}`;
    throw new AirlockError('unavailable', message, { data: { reason: 'unknown_version' } });
  }
  for (const [index, step] of STEPS.entries()) {
    if (index < found || index >= until) continue;
    inTransaction(database, () => database.exec(`${step}; PRAGMA user_version = ${index + 1}`));
  }
}
