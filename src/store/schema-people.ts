// The tables of what people stop and ask for: a step of schema.ts.

/**
 * `pause`: an empty destination = the whole queue. `call_answer`: what a writing call was answered, by the key that its caller gave it.
 * `resend`: a submission is converted again so that its reports go to this destination once more.
 */
export const WITH_PEOPLE = `
CREATE TABLE pause (
  destination TEXT PRIMARY KEY,
  since INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE call_answer (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  kid TEXT NOT NULL,
  key TEXT NOT NULL,
  call_sha256 TEXT NOT NULL,
  answer TEXT NOT NULL,
  answered_at INTEGER NOT NULL,
  UNIQUE (kid, key)
) STRICT;

CREATE TABLE resend (
  submission INTEGER NOT NULL REFERENCES submission (seq) ON DELETE CASCADE,
  destination TEXT NOT NULL,
  PRIMARY KEY (submission, destination)
) STRICT, WITHOUT ROWID;
`;
