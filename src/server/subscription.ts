// One subscription: hears the hub, keeps what may not be told yet, and tells it as the peer reads.
//
//   opening (changes are kept) ──answer sent──► catching up (out of the ring, as the peer reads) ──all told──► live
//
// Live, a peer that is too far behind is told nothing until all has left; then one `event/lagged`, and the state of now of topics
// that coalesce.

import type { Clock } from '../core/clock.ts';
import type { KeyId } from '../core/ids.ts';
import type { EventTopic } from '../protocol/events.ts';
import { type Coalescer, makeCoalescer } from './coalesce.ts';
import type { CursorFormat } from './event-cursor.ts';
import type { EventHub } from './event-hub.ts';
import { type EventPlace, isCoalescing, type ToldChange } from './event-ring.ts';
import { type EventWriter, type EventWriterDeps, makeEventWriter } from './event-writer.ts';
import { isCounted } from './server-events.ts';

/** Changes kept while a state is read; more means that something is far too busy for that. */
const MAX_KEPT_CHANGES = 10_000;

/** What a subscription needs. */
export type SubscriptionDeps = EventWriterDeps & {
  readonly clock: Pick<Clock, 'monotonicMs' | 'after'>;
  readonly hub: Pick<EventHub, 'listen' | 'read' | 'latest' | 'since' | 'head'>;
};

/** What it hears. `kid` null = everything, else this key's own only. */
export type SubscriptionInput = {
  readonly id: string;
  readonly topics: readonly EventTopic[];
  readonly kid: KeyId | null;
  /** 0 = every event is told. */
  readonly minIntervalMs: number;
  readonly cursors: Pick<CursorFormat, 'write'>;
};

/** The state that a subscription starts from. `asOfChange` null = no counted topic; `head`: position of the hub at that moment. */
export type StartState = { readonly asOfChange: number | null; readonly head: number };

const subjectOf = ({ topic, about }: ToldChange): string => `${topic} ${about}`;

function latestOnly(changes: readonly ToldChange[]): readonly ToldChange[] {
  const last = new Map(changes.map((change) => [subjectOf(change), change]));
  return changes.filter((change) => !isCoalescing(change.topic) || last.get(subjectOf(change)) === change);
}

/** A subscription; it listens from its making on. Disposal: nothing more is told. */
export class Subscription implements Disposable {
  readonly #deps: SubscriptionDeps;
  readonly #input: SubscriptionInput;
  readonly #writer: EventWriter;
  readonly #coalescer: Coalescer<ToldChange> | null;
  readonly #listening: Disposable;
  /** Null once the answer is sent, and once disposed of. */
  #kept: ToldChange[] | null = [];
  #room = MAX_KEPT_CHANGES;
  /** Changes that came and are neither kept nor told: the ring may have them. */
  #untold = 0;
  #asOfChange = -1;
  #start: EventPlace = { kept: 0, latest: 0 };
  #lastPosition = 0;

  constructor(deps: SubscriptionDeps, input: SubscriptionInput) {
    const { clock, hub } = deps;
    const { id, minIntervalMs, cursors } = input;
    this.#deps = deps;
    this.#input = input;
    this.#writer = makeEventWriter(deps, { id, cursor: () => cursors.write(this.#place()) });
    this.#coalescer =
      minIntervalMs === 0
        ? null
        : makeCoalescer({ clock, pass: (change) => this.#writer.tell(change) }, { intervalMs: minIntervalMs });
    this.#listening = hub.listen((change) => this.#hear(change));
  }

  /** Did more come than is kept? */
  get hasOverflowed(): boolean {
    return this.#untold > 0;
  }

  /**
   * Forget what the state holds already.
   *
   * @returns The cursor of the answer.
   */
  startFrom({ asOfChange, head }: StartState): string {
    this.#asOfChange = asOfChange ?? this.#asOfChange;
    // `progress` has no state that could hold what was said of it.
    const isLater = ({ topic, changeSeq, position }: ToldChange): boolean =>
      changeSeq === null ? topic === 'progress' || position > head : changeSeq > this.#asOfChange;
    const later = (this.#kept ?? []).filter(isLater);
    const before = (isThat: (topic: EventTopic) => boolean): number =>
      Math.min(head, (later.find(({ topic }) => isThat(topic))?.position ?? Infinity) - 1);
    this.#kept = later;
    this.#start = { kept: before(isCounted), latest: before(isCoalescing) };
    return this.#input.cursors.write(this.#start);
  }

  /**
   * Tell these first.
   *
   * @param place - Where the peer has come to.
   * @param missed - What came after it, of all keys.
   * @returns The cursor of the answer.
   */
  resumeFrom(place: EventPlace, missed: readonly ToldChange[]): string {
    this.#kept = [...this.#onlyMine(missed)];
    this.#room += this.#kept.length;
    this.#start = place;
    return this.#input.cursors.write(place);
  }

  /** The answer is sent: tell what was kept, and from now on each change as it comes. */
  goLive(): void {
    const kept = this.#kept ?? [];
    // Order: from here on what is not told is taken from the ring, so that a peer that reads slowly keeps nothing here.
    this.#untold += this.#tellUntilBehind(kept);
    this.#kept = null;
    this.catchUp();
  }

  /** What was sent has left: go on, and say which events were left out, if any. */
  catchUp(): void {
    if (this.#kept !== null || this.#deps.isBehind()) return;
    if (this.#untold > 0) this.#catchUp();
    if (this.#untold === 0) this.#mend();
  }

  [Symbol.dispose](): void {
    this.#listening[Symbol.dispose]();
    this.#coalescer?.[Symbol.dispose]();
    this.#kept = null;
  }

  /** Is it of these topics and this key, and not in the state already? */
  #isMine({ topic, kid, changeSeq }: ToldChange): boolean {
    if (!this.#input.topics.includes(topic) || (changeSeq ?? Infinity) <= this.#asOfChange) return false;
    return this.#input.kid === null || kid === this.#input.kid;
  }

  #onlyMine(changes: readonly ToldChange[]): readonly ToldChange[] {
    const mine = changes.filter((change) => this.#isMine(change));
    return this.#coalescer === null ? mine : latestOnly(mine);
  }

  /** Where a peer has come to that read everything so far. */
  #place(): EventPlace {
    let latest = this.#lastPosition;
    // What waits for its time is told later than what came after it.
    for (const { position } of this.#coalescer?.waiting() ?? []) latest = Math.min(latest, position - 1);
    return { kept: Math.max(this.#start.kept, this.#lastPosition), latest: Math.max(this.#start.latest, latest) };
  }

  #hear(change: ToldChange): void {
    if (!this.#isMine(change)) return;
    if (this.#kept === null && this.#untold === 0) return this.#take(change);
    if (this.#kept !== null && this.#untold === 0 && this.#kept.length < this.#room) this.#kept.push(change);
    else this.#untold += 1;
  }

  #take(change: ToldChange): void {
    this.#lastPosition = change.position;
    const isTimed = this.#kept === null && this.#untold === 0 && isCoalescing(change.topic);
    if (isTimed && this.#coalescer !== null) this.#coalescer.push(subjectOf(change), change);
    else this.#writer.tell(change);
  }

  /** Tell these as far as the peer reads. @returns how many are left. */
  #tellUntilBehind(changes: readonly ToldChange[]): number {
    for (const [index, change] of changes.entries()) {
      if (this.#deps.isBehind()) return changes.length - index;
      this.#take(change);
    }
    return 0;
  }

  /** Tell what the ring has of what is not told yet: nothing of it is left out. What it has no more is. */
  #catchUp(): void {
    const { hub } = this.#deps;
    const missed = hub.since(this.#input.topics, this.#place());
    if (missed === null) return this.#loseUntold();
    // Order: set at the end, for until then each change is told at once and none waits for its time.
    this.#untold = this.#tellUntilBehind(this.#onlyMine(missed));
  }

  #loseUntold(): void {
    const count = this.#untold;
    const after = this.#place().latest;
    this.#untold = 0;
    this.#lastPosition = this.#deps.hub.head();
    this.#writer.lose(count, after);
  }

  #mend(): void {
    const after = this.#writer.mend();
    if (after !== null) this.#tellStates(after);
  }

  /** Tell the state of now of topics that coalesce: what was left out of them, or waits, is not told any more. */
  #tellStates(after: number): void {
    const { hub } = this.#deps;
    let from = after;
    for (const { position } of this.#coalescer?.waiting() ?? []) from = Math.min(from, position - 1);
    this.#coalescer?.clear();
    for (const topic of this.#input.topics) {
      if (topic === 'progress') {
        const missed = hub.latest(topic, from).filter((change) => this.#isMine(change));
        missed.forEach(this.#writer.tell);
      } else if (topic === 'status' || topic === 'config') {
        this.#writer.tell({ topic, text: JSON.stringify(hub.read(topic)), position: this.#lastPosition });
      }
    }
  }
}
