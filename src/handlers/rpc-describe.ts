// Answers rpc/describe.

import { describeProtocol } from '../protocol/describe.ts';
import type { Handler } from '../protocol/handler.ts';
import type { MethodSpec } from '../protocol/method-spec.ts';
import type { rpcDescribe } from '../protocol/methods/rpc-describe.ts';

/** Names exactly the methods that this daemon answers. */
export const handleRpcDescribe: Handler<typeof rpcDescribe, { specs: () => readonly MethodSpec[] }> = ({ specs }) =>
  Promise.resolve(describeProtocol(specs()));
