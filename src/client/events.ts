// The notifications of one connection's subscriptions: checked, counted, and handed to whom they belong. Source: protocol.md 9.

import { AirlockError } from '../core/errors.ts';
import type { JsonObject } from '../link/json-body.ts';
import { type EventNotification, eventNotificationSchema, laggedNotificationSchema } from '../protocol/events.ts';

/** Who takes the events of one subscription. */
export type EventSink = {
  readonly event: (event: EventNotification) => void;
  /** The events `from` … `to` were left out. */
  readonly lagged: (gap: { readonly from: number; readonly to: number }) => void;
};

/** The subscriptions of one connection. */
export type EventRouter = {
  /** Begin with one; call it before any later message is read, so that no event is missed. */
  readonly open: (opened: { readonly subscription: string; readonly seq: number }, sink: EventSink) => void;
  /** Take no more of its events. */
  readonly close: (subscription: string) => void;
  /**
   * Hand the params of a notification `event` or `event/lagged` to its sink.
   *
   * @throws {AirlockError} unavailable when it is malformed, or an event is missing before it.
   */
  readonly deliver: (method: string, params: JsonObject) => void;
};

type Route = { readonly sink: EventSink; lastSeq: number };

const malformed = (reason: string): AirlockError =>
  new AirlockError('unavailable', `Cannot go on with the connection: ${reason}`, {
    data: { reason: 'protocol_error' },
  });

/** Make a router without subscriptions. */
export function makeEventRouter(): EventRouter {
  const routes = new Map<string, Route>();

  /** Where a notification goes; null for a subscription that was just ended: some may still be on their way. */
  function advance(subscription: string, { from, to }: { readonly from: number; readonly to: number }): Route | null {
    const route = routes.get(subscription);
    if (route === undefined) return null;
    if (from !== route.lastSeq + 1 || to < from) throw malformed(`event ${from} came after event ${route.lastSeq}`);
    route.lastSeq = to;
    return route;
  }

  function deliverEvent(params: JsonObject): void {
    const parsed = eventNotificationSchema.safeParse(params);
    if (!parsed.success) throw malformed('the server sent a malformed event');
    const { subscription, seq } = parsed.data;
    advance(subscription, { from: seq, to: seq })?.sink.event(parsed.data);
  }

  function deliverLagged(params: JsonObject): void {
    const parsed = laggedNotificationSchema.safeParse(params);
    if (!parsed.success) throw malformed('the server sent a malformed gap');
    const { subscription, from, to } = parsed.data;
    advance(subscription, { from, to })?.sink.lagged({ from, to });
  }

  return {
    open: ({ subscription, seq }, sink) => void routes.set(subscription, { sink, lastSeq: seq }),
    close: (subscription) => void routes.delete(subscription),
    deliver: (method, params) => (method === 'event' ? deliverEvent(params) : deliverLagged(params)),
  };
}
