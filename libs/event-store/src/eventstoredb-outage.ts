import { EventStoreUnavailable } from './event-store';

/** So many failures in a row, and the node counts as away. */
const patience = 5;
const firstPauseMs = 50;
const lastPauseMs = 2_000;

/**
 * The client reconnects by itself without any back-off, so the back-off is here: while the node is away, one call at a time goes out
 * to see whether it is back, ever more seldom, and all others are refused at once.
 */
export class Outage {
  #failures = 0;
  #closedUntil = 0;

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** @throws EventStoreUnavailable the node is away: nothing is sent */
  admit(): void {
    if (this.#failures < patience) return;
    if (this.now() < this.#closedUntil) throw new EventStoreUnavailable('EventStoreDB is away; it is asked again within seconds');
    this.#closedUntil = this.now() + this.pauseMs();
  }

  failed(): void {
    this.#failures += 1;
  }

  answered(): void {
    this.#failures = 0;
    this.#closedUntil = 0;
  }

  /** How long to wait after the failures so far, with jitter: servers that lost the same node do not come back together. */
  pauseMs(): number {
    return Math.min(lastPauseMs, firstPauseMs * 2 ** Math.min(this.#failures, 10)) * (0.5 + Math.random() / 2);
  }
}
