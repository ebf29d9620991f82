// The other client of bench/upload.ts, in a process of its own: pings a daemon again and again, and tells the worst of each round.

import { connect } from '../src/client/connect.ts';

const PAUSE_MS = 2;

const [home = ''] = process.argv.slice(2);
await using client = await connect({ home, env: {}, reconnect: false });
let worstMs = 0;
// One word of the parent ends a round; what came before is its answer.
process.on('message', () => {
  process.send?.(worstMs);
  worstMs = 0;
});
process.send?.('ready');
while (process.connected) {
  const asked = performance.now();
  await client.call('ping', {});
  worstMs = Math.max(worstMs, performance.now() - asked);
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
}
