import { setTimeout as pause } from 'node:timers/promises';
import { categoryOf, type EventStore, type RecordedEvent } from '#event-store';
import { EventRing, liveFrame, type LiveEvent } from './event-ring';

export interface LiveFilter {
  readonly types: readonly string[] | null;
  readonly category: string | null;
  readonly stream: string | null;
}

export interface EventHubOptions {
  readonly heartbeatMs?: number;
  readonly ringEvents?: number;
  readonly ringLength?: number;
  /** Told when the subscription is lost; it is opened again. */
  readonly onLost?: (error: unknown) => void;
}

/** Of one write to a client; whoever is slower than the ledger holds no more than this. */
const pageEvents = 200;
/** Reads of all clients that are behind the ring, together: they share the connections of the log. */
const readsAtOnce = 2;
const firstBackOffMs = 100;
const lastBackOffMs = 5_000;

/**
 * The live feed of the ledger: one subscription for all clients, and the newest events in memory. Each client pulls from its own
 * position, out of the ring, or by pages of the log where it is behind the ring; so nothing is kept for a client that does not
 * read, and nothing is skipped for it (F18).
 */
export class EventHub {
  private readonly heartbeatMs: number;
  private ring: EventRing | undefined;
  private opening: Promise<EventRing> | undefined;
  private readonly waiting = new Set<() => void>();
  private reading = 0;
  private readonly readers: (() => void)[] = [];

  constructor(
    private readonly store: EventStore,
    private readonly stopping: AbortSignal,
    private readonly options: EventHubOptions = {},
  ) {
    this.heartbeatMs = options.heartbeatMs ?? 15_000;
  }

  /** Position of the ledger's last event. */
  head(): Promise<bigint> {
    return this.store.head();
  }

  /**
   * Text of the stream from behind a position on, until the service stops or the client is gone. Comments come while there is
   * nothing to tell, with the position that the client has reached though no event of its filter was there.
   */
  async *frames(after: bigint, filter: LiveFilter, gone: AbortSignal): AsyncGenerator<string, void, undefined> {
    const ended = AbortSignal.any([gone, this.stopping]);
    const ring = await (this.opening ??= this.open());
    let position = after;
    yield `retry: 1000\n: behind ${position}\n\n`;
    while (!ended.aborted) {
      const events = ring.behind(position, pageEvents);
      if (events === null) {
        const page = await this.page(position, filter, ring);
        position = page.position;
        if (page.text !== '') yield page.text;
      } else if (events.length > 0) {
        position = events.at(-1)!.event.position;
        const text = textOf(events, filter);
        if (text !== '') yield text;
      } else if (!(await this.more(ended)) && !ended.aborted) yield `: heartbeat\nid: ${position}\n\n`;
    }
  }

  /** The subscription lives as long as the service does. */
  private async open(): Promise<EventRing> {
    try {
      const { ringEvents = 4_096, ringLength = 8 * 1024 * 1024 } = this.options;
      this.ring = new EventRing(await this.store.head(), ringEvents, ringLength);
      void this.follow(this.ring);
      return this.ring;
    } catch (error) {
      this.opening = undefined;
      throw error;
    }
  }

  private async follow(ring: EventRing): Promise<void> {
    for (let backOffMs = firstBackOffMs; !this.stopping.aborted; backOffMs = Math.min(backOffMs * 2, lastBackOffMs)) {
      try {
        for await (const batch of this.store.subscribeAll(ring.position, this.stopping)) {
          ring.add(batch);
          backOffMs = firstBackOffMs;
          this.wake();
        }
      } catch (error) {
        // The store is away: whoever asks it is told so; the feed goes on where it was when it is back.
        if (!this.stopping.aborted) this.options.onLost?.(error);
        await pause(backOffMs, undefined, { signal: this.stopping }).catch(() => undefined);
      }
    }
    this.wake();
  }

  /** A page of the log for a client that is behind the ring. */
  private async page(after: bigint, { types, category, stream }: LiveFilter, ring: EventRing): Promise<{ readonly position: bigint; readonly text: string }> {
    await this.turn();
    try {
      // Where the page does not fill, everything up to here has been looked at.
      const reached = ring.position;
      const found: RecordedEvent[] = [];
      const where = { ...(types && { types }), ...(category !== null && { category }), ...(stream !== null && { stream }) };
      for await (const event of this.store.readAll({ after, limit: pageEvents, ...where })) found.push(event);
      const position = found.length === pageEvents ? found.at(-1)!.position : later(reached, found.at(-1)?.position ?? after);
      return { position, text: found.map(liveFrame).join('') };
    } finally {
      this.reading -= 1;
      this.readers.shift()?.();
    }
  }

  private async turn(): Promise<void> {
    while (this.reading >= readsAtOnce) await new Promise<void>((resolve) => this.readers.push(resolve));
    this.reading += 1;
  }

  /** False: nothing came before it was time for a heartbeat. */
  private more(ended: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      const done = (came: boolean): void => {
        clearTimeout(timer);
        ended.removeEventListener('abort', end);
        this.waiting.delete(wake);
        resolve(came);
      };
      const end = (): void => done(false);
      const wake = (): void => done(true);
      const timer = setTimeout(end, this.heartbeatMs);
      ended.addEventListener('abort', end, { once: true });
      this.waiting.add(wake);
    });
  }

  private wake(): void {
    for (const wake of [...this.waiting]) wake();
  }
}

const later = (a: bigint, b: bigint): bigint => (a > b ? a : b);

function textOf(events: readonly LiveEvent[], { types, category, stream }: LiveFilter): string {
  let text = '';
  for (const { event, frame } of events) {
    if (types && !types.includes(event.type)) continue;
    if (category !== null && categoryOf(event.stream) !== category) continue;
    if (stream === null || event.stream === stream) text += frame;
  }
  return text;
}
