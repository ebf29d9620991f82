// The small test server as a process of its own: prints one JSON line with its places, answers ping, never answers anything else.

import { openTestServer } from './link-server.ts';

const server = await openTestServer({
  onMessage: (peer, message) => {
    if (message.kind === 'request' && message.method === 'ping')
      peer.reply(message.id, { bootId: 'boot', uptimeMs: 1 });
  },
});
process.stdout.write(`${JSON.stringify({ places: server.places, endpoint: server.endpoint, home: server.home })}\n`);
