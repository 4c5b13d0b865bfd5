import type { Tspec } from '../flow/flow';

/** One session as RFC 2205 §2.2, §3.7 and docs/reference/reservations.md tell it: who asked where for what, how often, and nothing of the code. */
export interface NaiveReservation {
  readonly nextHop: string;
  readonly router: string;
  readonly tspec: Tspec;
  /** R as it was told, and when; seconds. */
  readonly refreshPeriod: number;
  readonly refreshedAt: number;
}

/** Each node on its way chooses R; one that chooses what it stands by already is not noted. */
interface Standing extends NaiveReservation {
  readonly periods: Readonly<Record<string, number>>;
}

const longest = ({ periods }: Standing): number => Math.max(...Object.values(periods));

export class NaiveNextHops {
  asked: Standing[] = [];
  isLive = false;

  /**
   * Reservations meet at one router; its own RESV further up the way says nothing new. Where one alone is known, what asks for something else
   * of another router begins a list there, and what asks for the same is that one, seen again.
   */
  reserve(asks: NaiveReservation): void {
    this.isLive = true;
    const [first] = this.asked;
    if (first && asks.router !== first.router) {
      if (this.asked.length > 1) return;
      const isSame = JSON.stringify(Object.entries(asks.tspec).sort()) === JSON.stringify(Object.entries(first.tspec).sort());
      this.asked = [isSame ? seenAgain(first, asks) : begun(asks)];
      return;
    }
    const known = this.asked.find((one) => one.nextHop === asks.nextHop);
    this.asked = [...this.asked.filter((one) => one !== known), known ? seenAgain(known, asks) : begun(asks)];
  }

  /** Without RSVP_HOP: the one that is known asks for it; of several it says nothing. */
  reserveNameless(asks: Omit<NaiveReservation, 'nextHop' | 'router'>): void {
    if (this.asked.length === 1) this.asked = [seenAgain(this.asked[0]!, { ...this.asked[0]!, ...asks })];
  }

  /** Of several the others stand; the tear of the last one leaves the path, unless a hop that did not ask sent it to the same router. */
  tear(nextHop: string, router: string): void {
    if (this.asked.length > 1) {
      this.asked = this.asked.filter((one) => one.nextHop !== nextHop || one.router !== router);
    } else if (this.asked.every((one) => one.router !== router || one.nextHop === nextHop)) {
      this.asked = [];
      this.isLive = false;
    }
  }

  /** Each stands L = 5.25 · R after its last refresh at least, whatever the others' R is, and no longer than 1.5 · L. */
  expectedAt(now: number): { readonly stand: readonly string[]; readonly mayStand: readonly string[] } {
    const standing = (lifetimes: number): string[] =>
      this.asked.filter((one) => now < one.refreshedAt + lifetimes * 5.25 * longest(one)).map(({ nextHop }) => nextHop);
    return { stand: standing(1), mayStand: standing(1.5) };
  }

  /** Of those that may end now, these have not. */
  left(nextHops: readonly string[]): void {
    this.asked = this.asked.filter(({ nextHop }) => nextHops.includes(nextHop));
    this.isLive = this.asked.length > 0;
  }

  /** What serves each of them; null: nobody asks. */
  get merged(): Tspec | null {
    const all = this.asked.map(({ tspec }) => tspec);
    if (all.length === 0) return null;
    const most = (of: (tspec: Tspec) => number): number => Math.max(...all.map(of));
    const least = (of: (tspec: Tspec) => number): number => Math.min(...all.map(of));
    const p = all.some((tspec) => tspec.p === 'Infinity') ? 'Infinity' : most((tspec) => Number(tspec.p));
    return { r: most(({ r }) => Number(r)), b: most(({ b }) => Number(b)), p, m: least(({ m }) => m), M: least(({ M }) => M) };
  }
}

function begun(asks: NaiveReservation): Standing {
  return { ...asks, periods: { [asks.nextHop]: asks.refreshPeriod } };
}

function seenAgain(known: Standing, asks: NaiveReservation): Standing {
  const { nextHop, router, periods } = known;
  const isNoted = asks.nextHop in periods || asks.refreshPeriod !== longest(known);
  return { ...asks, nextHop, router, periods: isNoted ? { ...periods, [asks.nextHop]: asks.refreshPeriod } : periods };
}
