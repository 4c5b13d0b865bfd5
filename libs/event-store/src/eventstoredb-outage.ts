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
  #silent = false;
  /** The next call may go out then; failures before it are of the same moment as the last one. */
  #pausedUntil = 0;

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** @throws EventStoreUnavailable the node is away: nothing is sent */
  admit(): void {
    if (this.#failures < patience && !this.#silent) return;
    if (this.now() < this.#pausedUntil) throw new EventStoreUnavailable('EventStoreDB is away; it is asked again within seconds');
    this.#pause();
  }

  /** @param silent it cost the whole time-out: nobody else should pay that to learn it */
  failed(silent: boolean): void {
    this.#silent ||= silent;
    if (this.now() >= this.#pausedUntil) this.#pause();
  }

  answered(): void {
    this.#failures = 0;
    this.#silent = false;
    this.#pausedUntil = 0;
  }

  /** How long to wait after the failures so far, with jitter: servers that lost the same node do not come back together. */
  pauseMs(): number {
    return Math.min(lastPauseMs, firstPauseMs * 2 ** Math.min(this.#failures, 10)) * (0.5 + Math.random() / 2);
  }

  #pause(): void {
    this.#pausedUntil = this.now() + this.pauseMs();
    this.#failures += 1;
  }
}
