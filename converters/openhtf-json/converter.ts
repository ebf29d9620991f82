// OpenHTF test records to reports.

import { BadInput, defineConverter, SkipFile } from 'airlock/converter';
import { parseJson } from './json.ts';
import { type Fields, readObject, readText } from './read.ts';
import { addReport, type Gaps } from './report.ts';

function readGaps(given: Fields): Gaps {
  return {
    partNumber: readText(given['partNumber']),
    partNumberField: readText(given['partNumberField']),
    serialNumber: readText(given['serialNumber']),
    revision: readText(given['revision']),
    revisionField: readText(given['revisionField']),
    process: typeof given['process'] === 'number' ? given['process'] : null,
  };
}

function assertRecord(value: unknown): Fields {
  const record = readObject(value);
  if (Array.isArray(record['phases']) && 'outcome' in record) return record;
  throw new BadInput('this is no OpenHTF test record: it has no "outcome" with "phases"');
}

export default defineConverter({
  probe(head) {
    const text = head.text.trimStart();
    if (!text.startsWith('{') && !text.startsWith('[')) return 0;
    if (!text.includes('"dut_id"')) return 0;
    return text.includes('"phases"') && text.includes('"station_id"') ? 0.95 : 0.8;
  },
  convert(input, reports, context) {
    const parsed = parseJson(input.text());
    const records = Array.isArray(parsed) ? parsed.map(assertRecord) : [assertRecord(parsed)];
    if (records.length === 0) throw new SkipFile('the list of test records is empty');
    const gaps = readGaps(context.arguments);
    // Order: all are checked before the first is reported, so that nothing half is made.
    for (const record of records) addReport(record, reports, gaps);
  },
});
