import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import {
  claimOne,
  convertOne,
  DELIVERED,
  makeAttached,
  makeAttachment,
  makeReport,
  openTestEngine,
  reportId,
  type TestEngine,
} from '../../support/store.ts';

const [log, photo] = [makeAttachment('log'), makeAttachment(new Uint8Array([0, 255, 13, 10]))];

function countRows(engine: TestEngine): number {
  const database = new DatabaseSync(engine.path, { readOnly: true });
  const row = database.prepare('SELECT count(*) AS rows FROM attachment').get();
  database.close();
  return Number(row?.['rows']);
}

describe('attachments', () => {
  it('come with the claim byte for byte, in order, the empty one too', () => {
    using engine = openTestEngine();
    const attachments = [photo, makeAttachment(''), log];
    convertOne(engine, [makeAttached(1, attachments), makeReport(2)]);

    const claimed = [claimOne(engine), claimOne(engine)];

    expect(claimed.map((item) => item.attachments)).toEqual([attachments, []]);
  });

  it('are kept once per report, whatever the number of destinations', () => {
    using engine = openTestEngine();
    convertOne(engine, [{ ...makeAttached(1, [log, photo, log]), destinations: ['folder', 'wats'] }]);

    expect(countRows(engine)).toBe(2);
    expect(claimOne(engine, 'wats').attachments).toEqual(claimOne(engine, 'folder').attachments);
  });

  it('count in the bytes of reports until the last destination has them, and go with the body', () => {
    using engine = openTestEngine();
    const report = { ...makeAttached(1, [log, photo]), destinations: ['folder', 'wats'] };
    convertOne(engine, [report]);
    const bytes = () => engine.call('stats').bytes.reports;
    const before = bytes();
    engine.call('endDelivery', claimOne(engine), DELIVERED);
    const between = bytes();
    engine.call('endDelivery', claimOne(engine, 'wats'), DELIVERED);

    expect([before, between, bytes()]).toEqual([report.body.length + 7, report.body.length + 7, 0]);
    expect(countRows(engine)).toBe(0);
  });

  it('are not kept for a report that goes nowhere', () => {
    using engine = openTestEngine();
    convertOne(engine, [{ ...makeAttached(1, [log]), destinations: [] }]);

    expect([countRows(engine), engine.call('stats').bytes.reports]).toEqual([0, 0]);
  });

  it('are not stored again with the same report', () => {
    using engine = openTestEngine();
    convertOne(engine, [makeAttached(1, [log])]);
    convertOne(engine, [makeAttached(1, [log])]);

    expect(countRows(engine)).toBe(1);
    expect(claimOne(engine)).toMatchObject({ revision: 1, attachments: [log] });
  });

  it('make a new revision when they differ', () => {
    using engine = openTestEngine();
    convertOne(engine, [makeAttached(1, [log])]);
    convertOne(engine, [makeAttached(1, [photo])]);

    expect(claimOne(engine)).toMatchObject({ revision: 2, attachments: [photo] });
    expect(countRows(engine)).toBe(1);
  });

  it('of a revision in flight stay until it is delivered, beside those of the next', () => {
    using engine = openTestEngine();
    convertOne(engine, [makeAttached(1, [log])]);
    const first = claimOne(engine);
    convertOne(engine, [makeAttached(1, [photo])]);
    const during = countRows(engine);
    engine.call('endDelivery', first, DELIVERED);

    expect([during, countRows(engine)]).toEqual([2, 1]);
    expect(claimOne(engine).attachments).toEqual([photo]);
  });

  it('are carried over to a revision that names them and came without them', () => {
    using engine = openTestEngine();
    convertOne(engine, [makeAttached(1, [log, photo])]);
    const corrected = { ...makeAttached(1, [photo], 'corrected'), attachments: [] };
    convertOne(engine, [corrected]);

    expect(claimOne(engine)).toMatchObject({ revision: 2, body: corrected.body, attachments: [photo] });
    expect(countRows(engine)).toBe(1);
  });

  it('that are damaged make their delivery corrupt, and the next one is looked at', () => {
    using engine = openTestEngine();
    convertOne(engine, [makeAttached(1, [log, photo])]);
    convertOne(engine, [makeReport(2)]);
    const other = new DatabaseSync(engine.path);
    other.exec("UPDATE attachment SET bytes = x'00' WHERE seq = 2");
    other.close();

    expect(claimOne(engine).reportId).toBe(reportId(2));
    expect(engine.call('getReport', reportId(1), { kid: null })?.deliveries).toMatchObject([
      { state: 'corrupt', lastError: 'stored attachment does not match its hash' },
    ]);
  });

  it('go with a receipt that is forgotten', () => {
    using engine = openTestEngine({ receipts: { keep: 1_000, count: 0 } });
    convertOne(engine, [makeAttached(1, [log])]);
    convertOne(engine, [{ ...makeAttached(2, [log]), destinations: [] }]);
    engine.nowUnixMs += 2 * 86_400_000;
    engine.call('claimSubmission');

    expect(countRows(engine)).toBe(1);
    expect(claimOne(engine).attachments).toEqual([log]);
  });
});
