// Converters as the wire shows them.

import type { RegisteredConverter } from '../conversion/registered.ts';
import type { ResultOf } from '../protocol/method-spec.ts';
import type { converterGet } from '../protocol/methods/converter-get.ts';

type Shown = ResultOf<typeof converterGet>;

const UNREAD = {
  version: null,
  sha256: null,
  description: null,
  match: null,
  input: null,
  companions: [],
  findings: [],
};

/** A converter with what its manifest says, or why it was not read. */
export function toConverter(converter: RegisteredConverter): Shown {
  const { name, origin, state, settings } = converter;
  const known = { name, origin, state, priority: settings.priority };
  switch (converter.state) {
    case 'approved':
    case 'pending': {
      const { manifest, sha256 } = converter.checked;
      const { version, description = null, match, input, companions } = manifest;
      const reason = converter.state === 'pending' ? converter.pending.message : null;
      return { ...known, version, sha256, description, match: { ...match }, input, companions, findings: [], reason };
    }
    case 'refused': {
      const [first] = converter.findings;
      const findings = converter.findings.map((finding) => ({ ...finding }));
      return {
        ...UNREAD,
        ...known,
        findings,
        reason: first === undefined ? 'refused' : `${first.code}: ${first.message}`,
      };
    }
    case 'disabled':
      return { ...UNREAD, ...known, reason: `converters.settings.${name}.enabled is false` };
    default:
      return converter satisfies never;
  }
}
