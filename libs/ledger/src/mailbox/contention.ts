import { ScopeContended } from '../idempotency/command';
import type { Waiting } from './mail';

/** Lost races are decided again for so long, then the scope is contended. */
const contentionMs = 2_000;
/** Where decisions are slow, so many attempts at least, */
const fewestAttempts = 4;
/** but not for longer than this. */
const longestMs = 4_000;

/** Races that commands decided together lose one behind the other. Told from the first one on: time in the queue is none of it. */
export class Contention {
  private since: number | null = null;
  private losses = 0;

  constructor(private readonly clock: () => number) {}

  lost(): void {
    this.since ??= this.clock();
    this.losses += 1;
  }

  /** How long they have been lost, in milliseconds, where that is enough. */
  get over(): number | null {
    const lostMs = this.since === null ? 0 : this.clock() - this.since;
    return lostMs > (this.losses < fewestAttempts ? longestMs : contentionMs) ? lostMs : null;
  }
}

/** What one of those who lost together is told: its own parts may stand, or what it is a step of. */
export function toldTo<Command, Answer, Fold>({ mail: { identity }, earlier }: Waiting<Command, Answer, Fold>, error: unknown): unknown {
  if (!(error instanceof ScopeContended)) return error;
  const written = earlier && earlier.length > 0 ? 'a-part' : identity.isStep ? 'perhaps-a-part' : 'nothing';
  return new ScopeContended(error.race, written);
}
