// Numbers of the system calls that the filter of a runner names, by machine. Source: asm/unistd_64.h and asm-generic/unistd.h.

/** Numbers of one call; null where a machine does not have it. */
export type SyscallNumbers = { readonly x64: number | null; readonly arm64: number | null };

const call = (x64: number | null, arm64: number | null): SyscallNumbers => ({ x64, arm64 });

/** Calls that no Node makes: whoever makes one has taken the runner over, and it dies. */
export const VIOLATIONS = {
  // Other processes.
  ptrace: call(101, 117),
  process_vm_readv: call(310, 270),
  process_vm_writev: call(311, 271),
  // Mounts and namespaces.
  mount: call(165, 40),
  umount2: call(166, 39),
  pivot_root: call(155, 41),
  chroot: call(161, 51),
  setns: call(308, 268),
  // The kernel itself.
  bpf: call(321, 280),
  init_module: call(175, 105),
  finit_module: call(313, 273),
  delete_module: call(176, 106),
  kexec_load: call(246, 104),
  kexec_file_load: call(320, 294),
  reboot: call(169, 142),
  swapon: call(167, 224),
  swapoff: call(168, 225),
  perf_event_open: call(298, 241),
  userfaultfd: call(323, 282),
  open_by_handle_at: call(304, 265),
  // Keys.
  keyctl: call(250, 219),
  add_key: call(248, 217),
  request_key: call(249, 218),
  // Ports and segments of the processor.
  iopl: call(172, null),
  ioperm: call(173, null),
  modify_ldt: call(154, null),
} as const satisfies Readonly<Record<string, SyscallNumbers>>;

/** Calls that are answered with EPERM: Node may try some of them and goes on without. */
export const REFUSED = {
  // Processes: threads are started with clone, see SPECIAL.
  fork: call(57, null),
  vfork: call(58, null),
  unshare: call(272, 97),
  execveat: call(322, 281),
  // Sockets.
  socket: call(41, 198),
  socketpair: call(53, 199),
  connect: call(42, 203),
  bind: call(49, 200),
  listen: call(50, 201),
  accept: call(43, 202),
  accept4: call(288, 242),
  sendto: call(44, 206),
  recvfrom: call(45, 207),
  sendmsg: call(46, 211),
  recvmsg: call(47, 212),
  sendmmsg: call(307, 269),
  recvmmsg: call(299, 243),
  // A second way to make most other calls.
  io_uring_setup: call(425, 425),
  io_uring_enter: call(426, 426),
  io_uring_register: call(427, 427),
  // Memory that could become code, or is shared.
  memfd_create: call(319, 279),
  memfd_secret: call(447, 447),
  shmget: call(29, 194),
  shmat: call(30, 196),
  remap_file_pages: call(216, 234),
  personality: call(135, 92),
  process_madvise: call(440, 440),
  // Messages between processes.
  msgget: call(68, 186),
  semget: call(64, 190),
  mq_open: call(240, 180),
  pidfd_open: call(434, 434),
  pidfd_getfd: call(438, 438),
  pidfd_send_signal: call(424, 424),
  kcmp: call(312, 272),
  // The newer mount calls.
  fsopen: call(430, 430),
  fsconfig: call(431, 431),
  fsmount: call(432, 432),
  fspick: call(433, 433),
  move_mount: call(429, 429),
  open_tree: call(428, 428),
  mount_setattr: call(442, 442),
  name_to_handle_at: call(303, 264),
  // Watching files.
  fanotify_init: call(300, 262),
  inotify_init: call(253, null),
  inotify_init1: call(294, 26),
  // Settings of the machine.
  quotactl: call(179, 60),
  syslog: call(103, 116),
  acct: call(163, 89),
  settimeofday: call(164, 170),
  clock_settime: call(227, 112),
  clock_adjtime: call(305, 266),
  adjtimex: call(159, 171),
  sethostname: call(170, 161),
  setdomainname: call(171, 162),
  vhangup: call(153, 58),
  lookup_dcookie: call(212, 18),
  // Where memory lies.
  move_pages: call(279, 239),
  migrate_pages: call(256, 238),
  mbind: call(237, 235),
  set_mempolicy: call(238, 237),
} as const satisfies Readonly<Record<string, SyscallNumbers>>;

/** Calls that depend on their arguments, or on what glibc does without them. */
export const SPECIAL = {
  clone: call(56, 220),
  clone3: call(435, 435),
  mmap: call(9, 222),
  mprotect: call(10, 226),
  pkey_mprotect: call(329, 288),
} as const satisfies Readonly<Record<string, SyscallNumbers>>;
