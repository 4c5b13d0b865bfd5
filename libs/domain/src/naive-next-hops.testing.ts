import type { Tspec } from './flow';

/** One session as RFC 2205 §2.2 and docs/reference/reservations.md tell it: who asked where for what, and nothing of the code. */
export interface NaiveReservation {
  readonly nextHop: string;
  readonly router: string;
  readonly tspec: Tspec;
}

export class NaiveNextHops {
  asked: NaiveReservation[] = [];
  isLive = false;

  /**
   * Reservations meet at one router; its own RESV further up the way says nothing new. Where one alone is known, what asks for something else
   * of another router begins a list there.
   */
  reserve(nextHop: string, router: string, tspec: Tspec): void {
    this.isLive = true;
    const [first] = this.asked;
    if (first && router !== first.router) {
      const asksElse = JSON.stringify(Object.entries(tspec).sort()) !== JSON.stringify(Object.entries(first.tspec).sort());
      if (this.asked.length === 1 && asksElse) this.asked = [{ nextHop, router, tspec }];
      return;
    }
    this.asked = [...this.asked.filter((one) => one.nextHop !== nextHop), { nextHop, router, tspec }];
  }

  /** Of several the others stand; the tear of the last one, wherever it was seen, leaves the path. */
  tear(nextHop: string, router: string): void {
    if (this.asked.length > 1) {
      this.asked = this.asked.filter((one) => one.nextHop !== nextHop || one.router !== router);
    } else {
      this.asked = [];
      this.isLive = false;
    }
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
