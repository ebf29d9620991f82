import { describe, expect, it } from 'vitest';
import { readSources } from './sources.ts';

const THROWN = /new AirlockError\(\s*'[a-z_]+',\s*(['`])((?:\\.|(?!\1)[\s\S])*)\1/g;
const CONTRACTION = /\b(?:can't|don't|won't|isn't|doesn't|couldn't|it's)\b/i;

function faultsOf(message: string): readonly string[] {
  const faults: string[] = [];
  if (!/^Cannot [a-z$]/.test(message)) faults.push('does not begin with "Cannot <verb>"');
  if (!message.includes(': ') && !message.includes('${')) faults.push('has no reason behind a colon');
  if (message.endsWith('.')) faults.push('ends with a full stop');
  if (CONTRACTION.test(message)) faults.push('has a contraction');
  return faults;
}

describe('error messages', () => {
  const messages = readSources().flatMap(({ file, text }) =>
    [...text.matchAll(THROWN)].map((match) => ({ file, message: match[2] ?? '' })),
  );

  it('are found in the sources', () => {
    expect(messages.length).toBeGreaterThan(20);
  });

  it('have the form `Cannot <verb> <object>: <reason>`', () => {
    const broken = messages.flatMap(({ file, message }) =>
      faultsOf(message).map((fault) => `${file}: "${message}" ${fault}`),
    );

    expect(broken).toEqual([]);
  });

  it('are refused in any other form', () => {
    expect(faultsOf("Cannot open store: it can't be read.")).toEqual(['ends with a full stop', 'has a contraction']);
    expect(faultsOf('Store failed')).toHaveLength(2);
  });
});
