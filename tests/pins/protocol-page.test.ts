import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { PROTOCOL_PAGE, renderProtocolPage } from '../../scripts/protocol-page.ts';
import { ipcSchema } from '../../src/config/schema/ipc.ts';
import { ERROR_CODES } from '../../src/core/errors.ts';
import { makeProof } from '../../src/link/handshake.ts';
import { Secret } from '../../src/core/secret.ts';
import { encodeChunk } from '../../src/link/framing.ts';
import { EVENT_TOPICS } from '../../src/protocol/events.ts';
import { METHODS } from '../../src/protocol/registry.ts';
import { createHash } from 'node:crypto';

const page = readFileSync(PROTOCOL_PAGE, 'utf8').replaceAll('\r\n', '\n');
const rows = page.split('\n').filter((line) => line.startsWith('| '));
const rowOf = (start: string): string | undefined => rows.find((line) => line.includes(start));

describe('docs/protocol.md', () => {
  it('has limits, errors, methods and worked bytes as the code says (mend it with npm run schemas)', () => {
    expect(renderProtocolPage(page)).toBe(page);
  });

  it('notices a table that was changed by hand', () => {
    const changed = page.replace('| 262,144 bytes |', '| 262,145 bytes |');

    expect(changed).not.toBe(page);
    expect(renderProtocolPage(changed)).toBe(renderProtocolPage(page));
  });

  it('names every method, every error that crosses the wire, every topic and every told limit', () => {
    const codes = Object.entries(ERROR_CODES).flatMap(([code, { wire }]) => (wire === null ? [] : [[code, wire]]));

    expect(Object.keys(METHODS).filter((name) => rowOf(`| \`${name}\` |`) === undefined)).toEqual([]);
    expect(codes.filter(([code, wire]) => rowOf(`| −${-Number(wire)} | \`${code}\` |`) === undefined)).toEqual([]);
    expect(EVENT_TOPICS.filter((topic) => rowOf(`| \`${topic}\` |`) === undefined)).toEqual([]);
    expect(rowOf('`jsonFrame`')).toContain(ipcSchema.parse({}).jsonFrame.toLocaleString('en-US'));
  });

  it('shows a test vector and a chunk that are right', () => {
    const secret = new Secret(createHash('sha256').update('test vector').digest('base64url'));
    const nonce = (byte: number): string => Buffer.alloc(32, byte).toString('base64url');
    const input = {
      version: 1,
      instance: 'default',
      endpoint: 'test-endpoint',
      clientNonce: nonce(1),
      serverNonce: nonce(2),
    };
    const chunk = encodeChunk({ streamId: 1, mark: 'end', payload: Buffer.from('hi') });

    expect(page).toContain(`server  ${makeProof(secret, { ...input, side: 'server' })}\n`);
    expect(page).toContain(`client  ${makeProof(secret, { ...input, side: 'client' })}\n`);
    expect(page.replaceAll('  ', ' ')).toContain(`\`${chunk.toString('hex').replace(/../g, '$& ').trim()}\``);
  });
});
