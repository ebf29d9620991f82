import { expect, it } from 'vitest';
import { METHODS } from '../../src/protocol/registry.ts';

// Source: protocol.md 13. A method here works; one that does not work yet is not here.
const PINNED = `
ping - free 1 stopping
rpc/describe - calls 1
status/get read,admin calls 1 stopping
report/submit submit submit 1
submission/get submit,read,admin calls 1
submission/list submit,read,admin calls 1
submission/retry submit,admin calls 1
report/get submit,read,admin calls 1
report/list submit,read,admin calls 1
queue/stats read,admin calls 1
queue/list read,admin calls 1
queue/retry admin calls 1
destination/list read,admin calls 1
destination/test admin calls 1
converter/list read,admin calls 1
converter/get read,admin calls 1
config/get read,admin calls 1
config/validate read,admin calls 1
