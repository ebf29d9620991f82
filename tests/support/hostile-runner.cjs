// A runner program that lies: what it says about a job is chosen by the name of the job's input.
'use strict';
const fs = require('node:fs');

const OUT = {
  ready: 64,
  started: 65,
  pull: 66,
  part: 67,
  attach: 68,
  progress: 69,
  log: 70,
  done: 71,
  fail: 72,
  probed: 73,
};
const IN = { job: 2, probe: 5 };
const SURE = JSON.stringify({ kind: 'confidence', value: 0.5 });
const DONE = JSON.stringify({ encoding: null, cpuMs: 1, heapBytes: 1 });

function write(bytes) {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += fs.writeSync(1, bytes, at);
    } catch (error) {
      if (error.code !== 'EAGAIN') process.kill(process.pid, 'SIGKILL');
    }
  }
}

function frame(type, job, payload = '', length = null) {
  const body = Buffer.from(payload);
  const head = Buffer.alloc(9);
  head.writeUInt32BE(length ?? 5 + body.length, 0);
  head.writeUInt8(type, 4);
  head.writeUInt32BE(job, 5);
  return Buffer.concat([head, body]);
}

const say = (...parts) => write(frame(...parts));

function index(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function sleep(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function drip(bytes, ms) {
  for (const byte of bytes) {
    write(Buffer.of(byte));
    sleep(ms);
  }
}

const LIES = {
  honest: (job) => (say(OUT.started, job), say(OUT.part, job, 'next'), say(OUT.done, job, DONE)),
  'length of 4 GiB': (job) => (say(OUT.started, job), say(OUT.part, job, 'x', 2 ** 32 - 1)),
  'length of 0': (job) => say(OUT.started, job, '', 0),
  'length over the cap by one': (job) => (say(OUT.started, job), say(OUT.part, job, '', 5 + 65537)),
  'unknown type': (job) => say(250, job),
  'type of the other direction': (job) => say(2, job),
  'text instead of frames': () => write(Buffer.from('HTTP/1.1 200 OK\r\n\r\n')),
  'result for another job': (job) => (say(OUT.started, job), say(OUT.done, job + 1, DONE)),
  'record for another job': (job) => (say(OUT.started, job), say(OUT.part, job - 1, '{}')),
  'result before the start': (job) => say(OUT.done, job, DONE),
  'record before the start': (job) => say(OUT.part, job, '{}'),
  'two starts': (job) => (say(OUT.started, job), say(OUT.started, job)),
  'result that is no JSON': (job) => (say(OUT.started, job), say(OUT.done, job, '{')),
  'result with more keys': (job) => (say(OUT.started, job), say(OUT.done, job, DONE.replace('{', '{"a":1,'))),
  'fail that claims converted': (job) => (say(OUT.started, job), say(OUT.fail, job, '{"kind":"converted"}')),
  'fail with deep JSON': (job) => (say(OUT.started, job), say(OUT.fail, job, '['.repeat(500000))),
  'a flood of empty records': (job) => {
    say(OUT.started, job);
    for (;;) say(OUT.part, job);
  },
  'a flood of log lines': (job) => {
    say(OUT.started, job);
    for (;;) say(OUT.log, job, '\u0000');
  },
  'a flood of pulls': (job) => {
    say(OUT.started, job);
    for (;;) say(OUT.pull, job, index(0));
  },
  'a flood of pulls of a companion': (job) => {
    say(OUT.started, job);
    for (;;) say(OUT.pull, job, index(1));
  },
  'a pull of no file': (job) => (say(OUT.started, job), say(OUT.pull, job)),
  'a pull of a companion too many': (job) => (say(OUT.started, job), say(OUT.pull, job, index(2))),
  'a pull before the start': (job) => say(OUT.pull, job, index(0)),
  'an answer to a probe': (job) => (say(OUT.started, job), say(OUT.probed, job, SURE)),
  'a flood of starts': (job) => {
    for (;;) say(OUT.started, job);
  },
  'a flood of standard error': (job) => {
    for (let i = 0; i < 1000; i += 1) fs.writeSync(2, 'x'.repeat(65536));
    LIES.honest(job);
  },
  'dripped frames': (job) => {
    const bytes = Buffer.concat([frame(OUT.started, job), frame(OUT.part, job, 'next'), frame(OUT.done, job, DONE)]);
    drip(bytes, 1);
  },
  'dripped for ever': (job) => {
    say(OUT.started, job);
    write(frame(OUT.part, job, '', 5 + 65536));
    for (;;) drip('x', 20);
  },
  silence: () => sleep(60000),
  'silence after the start': (job) => (say(OUT.started, job), sleep(60000)),
  'an exit': () => process.exit(3),
  'an exit in the middle of a frame': (job) => {
    write(frame(OUT.started, job).subarray(0, 5));
    process.exit(0);
  },
  'two results': (job) => (LIES.honest(job), say(OUT.done, job, DONE)),
  'a result for the next job': (job) => (LIES.honest(job), say(OUT.started, job + 1), say(OUT.done, job + 1, DONE)),
  'words after the result': (job) => (LIES.honest(job), write(Buffer.from('more'.repeat(10)))),
};

const PROBE_LIES = {
  honest: (job) => (say(OUT.started, job), say(OUT.probed, job, SURE)),
  'a confidence of 2': (job) => (say(OUT.started, job), say(OUT.probed, job, SURE.replace('0.5', '2'))),
  'a confidence that is a text': (job) => (say(OUT.started, job), say(OUT.probed, job, SURE.replace('0.5', '"1"'))),
  'an answer before the start': (job) => say(OUT.probed, job, SURE),
  'an answer for another job': (job) => (say(OUT.started, job), say(OUT.probed, job + 1, SURE)),
  'a pull': (job) => (say(OUT.started, job), say(OUT.pull, job, index(0))),
  'a record': (job) => (say(OUT.started, job), say(OUT.part, job, '{}')),
  'a log line': (job) => (say(OUT.started, job), say(OUT.log, job, '\u0000x')),
  'the end of a conversion': (job) => (say(OUT.started, job), say(OUT.done, job, DONE)),
  'a flood of starts': LIES['a flood of starts'],
  'an answer over its cap': (job) => (say(OUT.started, job), say(OUT.probed, job, '', 2 ** 31)),
  silence: () => sleep(60000),
  'silence after the start': LIES['silence after the start'],
};

function readExactly(size) {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size; ) {
    const read = fs.readSync(0, bytes, at, size - at, null);
    if (read === 0) process.exit(0);
    at += read;
  }
  return bytes;
}

const observed = {
  canReadFiles: true,
  canWriteFiles: true,
  network: 'reachable',
  canStartProcesses: true,
  networkInterfaces: [],
  dataBytes: null,
  fileBytes: null,
  noNewPrivileges: null,
};
say(OUT.ready, 0, JSON.stringify({ observed: process.argv.includes('--observe') ? observed : null }));
for (;;) {
  const head = readExactly(9);
  const payload = readExactly(head.readUInt32BE(0) - 5);
  const [type, job] = [head.readUInt8(4), head.readUInt32BE(5)];
  if (type === IN.probe) PROBE_LIES[JSON.parse(payload.toString()).file.name](job);
  if (type === IN.job) LIES[JSON.parse(payload.toString()).input.name](job);
}
