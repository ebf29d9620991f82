import { describe, expect, it } from 'vitest';
import {
  countInstructions,
  type FilterArch,
  isFilterArch,
  makeFilter,
  VERDICT,
} from '../../../../src/sandbox/walls/seccomp.ts';
import { REFUSED, SPECIAL, type SyscallNumbers, VIOLATIONS } from '../../../../src/sandbox/walls/syscalls.ts';

const ARCHES: readonly FilterArch[] = ['x64', 'arm64'];
const AUDIT = { x64: 0xc000_003e, arm64: 0xc000_00b7 } as const;
const EXEC = 4;
const WRITE = 2;
const READ = 1;
const CLONE_THREAD = 0x0001_0000;

type Call = { readonly number: number; readonly arch?: number; readonly args?: readonly number[] };

/** What the kernel's own reader of such programs would answer: the few instructions that the filter uses, any other one is a bug. */
function judge(arch: FilterArch, call: Call): string {
  const program = makeFilter(arch);
  const data = Buffer.alloc(64);
  data.writeInt32LE(call.number, 0);
  data.writeUInt32LE(call.arch ?? AUDIT[arch], 4);
  call.args?.forEach((value, index) => data.writeBigUInt64LE(BigInt(value), 16 + index * 8));
  let accumulator = 0;
  for (let at = 0; at < countInstructions(program); at += 1) {
    const code = program.readUInt16LE(at * 8);
    const [yes, no] = [program.readUInt8(at * 8 + 2), program.readUInt8(at * 8 + 3)];
    const operand = program.readUInt32LE(at * 8 + 4);
    if (code === 0x06) return Object.entries(VERDICT).find(([, value]) => value === operand)?.[0] ?? `? ${operand}`;
    if (code === 0x20) accumulator = data.readUInt32LE(operand);
    else if (code === 0x54) accumulator = (accumulator & operand) >>> 0;
    else if (code === 0x15) at += accumulator === operand ? yes : no;
    else if (code === 0x35) at += accumulator >= operand ? yes : no;
    else if (code === 0x45) at += (accumulator & operand) !== 0 ? yes : no;
    else throw new Error(`Cannot run instruction ${code} at ${at}`);
  }
  throw new Error('Cannot judge a call: the program ends without a result');
}

const named = (table: Readonly<Record<string, SyscallNumbers>>, arch: FilterArch) =>
  Object.entries(table).flatMap(([name, { [arch]: number }]) => (number === null ? [] : [{ name, number }]));

describe.each(ARCHES)('the filter for %s', (arch) => {
  const numberOf = (call: SyscallNumbers): number => call[arch] ?? Number.NaN;

  it('kills at every call that no Node makes', () => {
    for (const { name, number } of named(VIOLATIONS, arch))
      expect([name, judge(arch, { number })]).toEqual([name, 'kill']);
  });

  it('refuses sockets, processes, other queues of calls and shared memory', () => {
    for (const { name, number } of named(REFUSED, arch))
      expect([name, judge(arch, { number })]).toEqual([name, 'refuse']);
  });

  it('allows every other number, each of which is neighbour to one that is named', () => {
    const all = [...named(VIOLATIONS, arch), ...named(REFUSED, arch), ...named(SPECIAL, arch)].map(
      ({ number }) => number,
    );
    const neighbours = all.flatMap((number) => [number - 1, number + 1]).filter((number) => !all.includes(number));

    expect(new Set(neighbours.map((number) => judge(arch, { number })))).toEqual(new Set(['allow']));
  });

  it('kills a call of another machine, whatever its number', () => {
    for (const other of [0, 0x4000_0003, 0xffff_ffff, arch === 'x64' ? AUDIT.arm64 : AUDIT.x64]) {
      expect(judge(arch, { number: 0, arch: other })).toBe('kill');
    }
  });

  it.each([
    [0, 'refuse'],
    [CLONE_THREAD - 1, 'refuse'],
    [CLONE_THREAD, 'allow'],
    [CLONE_THREAD | 0x100, 'allow'],
    [CLONE_THREAD << 1, 'refuse'],
  ])('clone with flags %i: %s', (flags, verdict) => {
    expect(judge(arch, { number: numberOf(SPECIAL.clone), args: [flags] })).toBe(verdict);
  });

  it('answers clone3 as unknown, so that threads are made with clone', () => {
    expect(judge(arch, { number: numberOf(SPECIAL.clone3) })).toBe('unknown');
  });

  it.each([
    [READ, 'allow', 'allow'],
    [READ | WRITE, 'allow', 'allow'],
    [READ | EXEC, 'allow', 'refuse'],
    [WRITE | EXEC, 'refuse', 'refuse'],
    [READ | WRITE | EXEC, 'refuse', 'refuse'],
    [EXEC | 0x1_0000_0000, 'allow', 'refuse'],
  ])('memory with protection %i: mmap %s, mprotect %s', (protection, mmap, mprotect) => {
    const args = [0, 4096, protection];

    expect(judge(arch, { number: numberOf(SPECIAL.mmap), args })).toBe(mmap);
    expect(judge(arch, { number: numberOf(SPECIAL.mprotect), args })).toBe(mprotect);
    expect(judge(arch, { number: numberOf(SPECIAL.pkey_mprotect), args })).toBe(mprotect);
  });
});

describe('makeFilter()', () => {
  it.each([
    [0x4000_0000 - 1, 'allow'],
    [0x4000_0000, 'kill'],
    [0x4000_0000 + 41, 'kill'],
    [-1, 'kill'],
  ])('on x64 call %i, where calls of x32 begin at 1073741824: %s', (number, verdict) => {
    expect(judge('x64', { number })).toBe(verdict);
  });

  it('gives the same bytes every time, no more than one jump can cross', () => {
    for (const arch of ARCHES) {
      expect(makeFilter(arch)).toEqual(makeFilter(arch));
      expect(countInstructions(makeFilter(arch))).toBeLessThan(256);
    }
  });

  it('is there for two machines', () => {
    expect(['x64', 'arm64', 'ia32', 'arm', 'toString', ''].map(isFilterArch)).toEqual([
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
  });
});
