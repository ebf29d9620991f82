import { describe, expect, it } from 'vitest';
import { parseDone, parseFail, parseReady } from '../../../src/sandbox/messages.ts';

const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

describe('parseDone()', () => {
  it('reads what a runner says', () => {
    const done = { encoding: 'utf-8', cpuMs: 1.5, heapBytes: 10 };

    expect(parseDone(json(done))).toEqual(done);
  });

  it.each([
    ['no JSON', Buffer.from('{')],
    ['null', json(null)],
    ['a negative number', json({ encoding: null, cpuMs: -1, heapBytes: 1 })],
    ['a number that is none', json({ encoding: null, cpuMs: null, heapBytes: 1 })],
    ['a key too many', json({ encoding: null, cpuMs: 1, heapBytes: 1, __proto__x: 1 })],
    ['a long encoding', json({ encoding: 'x'.repeat(41), cpuMs: 1, heapBytes: 1 })],
  ])('refuses %s', (_what, payload) => {
    expect(parseDone(payload)).toBeNull();
  });
});

describe('parseFail()', () => {
  it.each([
    { kind: 'skipped', reason: 'r' },
    { kind: 'rejected', reason: 'r', line: 3, column: null },
    { kind: 'suspended', reason: 'r', afterMs: 10 },
    { kind: 'failed', name: 'n', message: 'm', stack: 's' },
    { kind: 'stopped', limit: 'heap', used: 1, allowed: 1 },
  ])('reads $kind', (fail) => {
    expect(parseFail(json(fail))).toEqual(fail);
  });

  it('drops a place and a delay that make no sense', () => {
    expect(parseFail(json({ kind: 'rejected', reason: 'r', line: 0, column: 1.5 }))).toMatchObject({
      line: null,
      column: null,
    });
    expect(parseFail(json({ kind: 'suspended', reason: 'r', afterMs: -5 }))).toMatchObject({ afterMs: null });
  });

  it.each([{ kind: 'converted' }, { kind: 'stopped', limit: 'wall', used: 1, allowed: 1 }, { kind: 'failed' }, []])(
    'refuses %j: not for a runner to say',
    (fail) => {
      expect(parseFail(json(fail))).toBeNull();
    },
  );
});

describe('parseReady()', () => {
  it('reads both forms and refuses any other', () => {
    const observed = {
      canReadFiles: false,
      canWriteFiles: false,
      network: 'refused',
      canStartProcesses: false,
      networkInterfaces: ['lo'],
      dataBytes: 1,
      fileBytes: 0,
      noNewPrivileges: null,
    };

    expect(parseReady(json({ observed: null }))).toEqual({ observed: null });
    expect(parseReady(json({ observed }))).toEqual({ observed });
    expect(parseReady(json({}))).toBeNull();
  });
});
