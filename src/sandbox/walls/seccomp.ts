// The filter of system calls that bubblewrap loads into a runner: a classic BPF program, assembled from the tables below. Pure.

import { assertNever } from '../../core/assert-never.ts';
import { REFUSED, SPECIAL, type SyscallNumbers, VIOLATIONS } from './syscalls.ts';

/** Machines that the filter is written for, as `process.arch` calls them. */
export type FilterArch = 'x64' | 'arm64';

/** What a filter answers a system call with. Source: linux/seccomp.h; the number is errno, or nothing. */
export const VERDICT = {
  allow: 0x7fff_0000,
  /** EPERM. */
  refuse: 0x0005_0001,
  /** ENOSYS: glibc takes the older call then. */
  unknown: 0x0005_0026,
  kill: 0x8000_0000,
} as const;

type Verdict = keyof typeof VERDICT;
type Label = Verdict | 'clone' | 'mmap' | 'mprotect';

/** One instruction; jumps name a label, or go on with the next one (null). */
type Instruction =
  | { readonly kind: 'load'; readonly offset: number }
  | { readonly kind: 'and'; readonly mask: number }
  | {
      readonly kind: 'equal' | 'atLeast' | 'anyBit';
      readonly value: number;
      readonly yes: Label | null;
      readonly no: Label | null;
    }
  | { readonly kind: 'return'; readonly verdict: Verdict };

/** Source: linux/audit.h, AUDIT_ARCH_X86_64 and AUDIT_ARCH_AARCH64. */
const AUDIT: Readonly<Record<FilterArch, number>> = { x64: 0xc000_003e, arm64: 0xc000_00b7 };
/** Calls of the x32 interface have this bit in their number. */
const X32_BIT = 0x4000_0000;
/** Source: struct seccomp_data; both machines are little-endian, so the low half of an argument comes first. */
const OFFSET = { number: 0, arch: 4, firstArgument: 16, argumentBytes: 8 } as const;
const CLONE_THREAD = 0x0001_0000;
const PROT = { write: 2, exec: 4 } as const;
/** Source: linux/bpf_common.h. */
const CODE = { load: 0x20, and: 0x54, equal: 0x15, atLeast: 0x35, anyBit: 0x45, return: 0x06 } as const;
const INSTRUCTION_BYTES = 8;
const FARTHEST_JUMP = 255;

const lowHalfOf = (index: number): number => OFFSET.firstArgument + index * OFFSET.argumentBytes;
const load = (offset: number): Instruction => ({ kind: 'load', offset });
const jumpIf = (kind: 'equal' | 'atLeast' | 'anyBit', value: number, yes: Label): Instruction => ({
  kind,
  value,
  yes,
  no: null,
});
const result = (verdict: Verdict): Instruction => ({ kind: 'return', verdict });

function numbersOf(names: readonly SyscallNumbers[], arch: FilterArch): readonly number[] {
  return names.map((numbers) => numbers[arch]).filter((number) => number !== null);
}

/** Blocks in the order they are written; a block is where its label leads to. */
function blocksOf(arch: FilterArch): ReadonlyMap<Label | 'start', readonly Instruction[]> {
  const toLabel = (names: readonly SyscallNumbers[], label: Label): readonly Instruction[] =>
    numbersOf(names, arch).map((number) => jumpIf('equal', number, label));
  const start: readonly Instruction[] = [
    load(OFFSET.arch),
    { kind: 'equal', value: AUDIT[arch], yes: null, no: 'kill' },
    load(OFFSET.number),
    ...(arch === 'x64' ? [jumpIf('atLeast', X32_BIT, 'kill')] : []),
    ...toLabel(Object.values(VIOLATIONS), 'kill'),
    ...toLabel(Object.values(REFUSED), 'refuse'),
    ...toLabel([SPECIAL.clone3], 'unknown'),
    ...toLabel([SPECIAL.clone], 'clone'),
    ...toLabel([SPECIAL.mmap], 'mmap'),
    ...toLabel([SPECIAL.mprotect, SPECIAL.pkey_mprotect], 'mprotect'),
    result('allow'),
  ];
  const writableCode = PROT.write | PROT.exec;
  return new Map<Label | 'start', readonly Instruction[]>([
    ['start', start],
    ['clone', [load(lowHalfOf(0)), { kind: 'anyBit', value: CLONE_THREAD, yes: 'allow', no: 'refuse' }]],
    [
      'mmap',
      [
        load(lowHalfOf(2)),
        { kind: 'and', mask: writableCode },
        { kind: 'equal', value: writableCode, yes: 'refuse', no: 'allow' },
      ],
    ],
    ['mprotect', [load(lowHalfOf(2)), { kind: 'anyBit', value: PROT.exec, yes: 'refuse', no: 'allow' }]],
    ['allow', [result('allow')]],
    ['refuse', [result('refuse')]],
    ['unknown', [result('unknown')]],
    ['kill', [result('kill')]],
  ]);
}

function encode(instruction: Instruction, at: number, places: ReadonlyMap<string, number>): Buffer {
  const bytes = Buffer.alloc(INSTRUCTION_BYTES);
  const jumpTo = (label: Label | null): number => {
    const distance = label === null ? 0 : (places.get(label) ?? Number.NaN) - at - 1;
    if (!(distance >= 0 && distance <= FARTHEST_JUMP))
      throw new RangeError(`Cannot assemble the filter: ${label} is ${distance} instructions away`);
    return distance;
  };
  bytes.writeUInt16LE(CODE[instruction.kind], 0);
  if ('yes' in instruction) {
    bytes.writeUInt8(jumpTo(instruction.yes), 2);
    bytes.writeUInt8(jumpTo(instruction.no), 3);
  }
  bytes.writeUInt32LE(operandOf(instruction), 4);
  return bytes;
}

function operandOf(instruction: Instruction): number {
  switch (instruction.kind) {
    case 'load':
      return instruction.offset;
    case 'and':
      return instruction.mask;
    case 'return':
      return VERDICT[instruction.verdict];
    case 'equal':
    case 'atLeast':
    case 'anyBit':
      return instruction.value;
    default:
      return assertNever(instruction);
  }
}

/** Is there a filter for this machine? @param arch - `process.arch`. */
export function isFilterArch(arch: string): arch is FilterArch {
  return Object.hasOwn(AUDIT, arch);
}

/**
 * Assemble the filter for a machine. What it does not name it allows: the namespaces around it hold files and network, the filter
 * takes away ways to other processes, to new executable memory, and to the parts of a kernel that break most often.
 *
 * @param arch - The machine.
 * @returns An array of `struct sock_filter`, as `bwrap --seccomp` reads it.
 * Source: sandbox.md 3.
 */
export function makeFilter(arch: FilterArch): Buffer {
  const blocks = blocksOf(arch);
  const places = new Map<string, number>();
  let length = 0;
  for (const [label, block] of blocks) {
    places.set(label, length);
    length += block.length;
  }
  const program = [...blocks.values()].flat();
  return Buffer.concat(program.map((instruction, at) => encode(instruction, at, places)));
}

/** Instructions in a filter. @param filter - From {@link makeFilter}. */
export const countInstructions = (filter: Uint8Array): number => filter.length / INSTRUCTION_BYTES;
