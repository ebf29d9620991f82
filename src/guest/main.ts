// Entry of the guest script: leaves the runtime where the sealed runner takes it.

import * as exports from './index.ts';
import type { GuestRuntime } from './host.ts';
import { probe } from './probe.ts';
import { poll, run } from './runtime.ts';

const runtime: GuestRuntime = { exports: { ...exports }, run, poll, probe };

Object.defineProperty(globalThis, '__airlockGuest', { value: runtime, configurable: true });
