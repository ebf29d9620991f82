// The real transport, with connections that a test cuts in the middle: neither end says a word.

import { systemClock } from '../../src/core/clock.ts';
import { makeNodeIpcTransport } from '../../src/link/transport.ts';
import type { Transport, Wire } from '../../src/link/wire.ts';

/** Make one; `cut` ends every connection that it made. */
export function makeCuttableTransport(): { readonly transport: Transport; readonly cut: () => void } {
  const real = makeNodeIpcTransport({ clock: systemClock });
  const wires = new Set<Wire>();
  const connect: Transport['connect'] = async (...given) => {
    const wire = await real.connect(...given);
    wires.add(wire);
    return wire;
  };
  return {
    transport: { ...real, connect },
    cut: () => {
      for (const wire of wires) wire.destroy();
      wires.clear();
    },
  };
}
