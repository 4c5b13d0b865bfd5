import { JournaledMap, type Journal } from './journal';
import { extensionSpacingMs } from './soft-state';

/** Which of a session's leases: its own (the path's, or the only one), its reservation's, or that of a part, which is noted under the part's key. */
export type LeaseKind = 'session' | 'reservation' | 'part';

interface PeriodSnapshot {
  readonly refreshPeriodMs: number;
  /** Session id and milliseconds of the last refresh. */
  readonly session: readonly (readonly [string, number])[];
  readonly reservation: readonly (readonly [string, number])[];
  readonly part: readonly (readonly [string, number])[];
  /** Milliseconds by which a waiting extension must be written; null: none waits. */
  readonly writeBy: number | null;
  readonly writtenAt: number | null;
}

export type RefreshNotesSnapshot = readonly PeriodSnapshot[];

/** The server that wrote the last extension lets the others go first, so that no server's extensions wait again and again. */
const courtesyMs = 1_000;

/** Leases of one refresh period. */
class NotesOfPeriod {
  readonly session: JournaledMap<string, number>;
  readonly reservation: JournaledMap<string, number>;
  readonly part: JournaledMap<string, number>;
  writeBy: number | null = null;
  /** When this server wrote an extension last. */
  writtenAt: number | null = null;
  /** Of which only a part was written: the append was full. */
  isPart = false;

  constructor(journal: Journal) {
    this.session = new JournaledMap(journal);
    this.reservation = new JournaledMap(journal);
    this.part = new JournaledMap(journal);
  }
}

/**
 * When this server saw sessions refreshed. Refreshes are no events, so this is no part of what the stream says: another server has other
 * notes, a restarted one has none, and either keeps every lease between L and 1.5 · L (leases.ts). Notes only let many leases be
 * extended by one event, and let that event wait a little for the next ones.
 */
export class RefreshNotes {
  private readonly periods = new Map<number, NotesOfPeriod>();

  constructor(private readonly journal: Journal) {}

  note(refreshPeriodMs: number, kind: LeaseKind, sessionId: string, at: number): void {
    this.of(refreshPeriodMs)[kind].set(sessionId, at);
  }

  forget(refreshPeriodMs: number, kind: LeaseKind, sessionId: string): void {
    this.periods.get(refreshPeriodMs)?.[kind].delete(sessionId);
  }

  /** Session ids and the milliseconds of their last refresh. */
  entries(refreshPeriodMs: number, kind: LeaseKind): [string, number][] {
    return [...(this.periods.get(refreshPeriodMs)?.[kind].entries() ?? [])];
  }

  /** Leases of this period wait for an extension; it is to be written by then at the latest. */
  wait(refreshPeriodMs: number, writeBy: number): void {
    const { writeBy: before } = this.of(refreshPeriodMs);
    this.setWriteBy(refreshPeriodMs, before === null ? writeBy : Math.min(before, writeBy));
  }

  /** Nothing waits any more. */
  settled(refreshPeriodMs: number): void {
    this.setWriteBy(refreshPeriodMs, null);
  }

  written(refreshPeriodMs: number, at: number): void {
    this.settled(refreshPeriodMs);
    this.setPart(refreshPeriodMs, false);
    const notes = this.of(refreshPeriodMs);
    const before = notes.writtenAt;
    notes.writtenAt = at;
    this.journal.onUnwind(() => (notes.writtenAt = before));
  }

  /** The append was full before the last lease: the rest is due at once. */
  writtenInPart(refreshPeriodMs: number, at: number): void {
    this.setWriteBy(refreshPeriodMs, at);
    this.setPart(refreshPeriodMs, true);
  }

  isWrittenInPart(refreshPeriodMs: number): boolean {
    return this.of(refreshPeriodMs).isPart;
  }

  /** Refresh periods of which an extension waits. */
  get waiting(): number[] {
    return [...this.periods].flatMap(([period, { writeBy }]) => (writeBy === null ? [] : [period]));
  }

  /** The next extension that falls due. @param lastExtendedAt of a refresh period; milliseconds */
  due(lastExtendedAt: (refreshPeriodMs: number) => number): { readonly at: number; readonly refreshPeriodMs: number } | null {
    let first: { readonly at: number; readonly refreshPeriodMs: number } | null = null;
    for (const [refreshPeriodMs, { writeBy, writtenAt }] of this.periods) {
      if (writeBy === null) continue;
      const last = lastExtendedAt(refreshPeriodMs);
      const at = Math.min(writeBy, last + extensionSpacingMs + (last === writtenAt ? courtesyMs : 0));
      if (first === null || at < first.at) first = { at, refreshPeriodMs };
    }
    return first;
  }

  snapshot(): RefreshNotesSnapshot {
    return [...this.periods].map(([refreshPeriodMs, { session, reservation, part, writeBy, writtenAt }]) => {
      const entries = { session: [...session.entries()], reservation: [...reservation.entries()], part: [...part.entries()] };
      return { refreshPeriodMs, ...entries, writeBy, writtenAt };
    });
  }

  restore(snapshot: RefreshNotesSnapshot): void {
    for (const { refreshPeriodMs, session, reservation, part, writeBy, writtenAt } of snapshot) {
      for (const [sessionId, at] of session) this.note(refreshPeriodMs, 'session', sessionId, at);
      for (const [sessionId, at] of reservation) this.note(refreshPeriodMs, 'reservation', sessionId, at);
      for (const [key, at] of part) this.note(refreshPeriodMs, 'part', key, at);
      Object.assign(this.of(refreshPeriodMs), { writeBy, writtenAt });
    }
  }

  private of(refreshPeriodMs: number): NotesOfPeriod {
    const known = this.periods.get(refreshPeriodMs);
    if (known) return known;
    const made = new NotesOfPeriod(this.journal);
    this.periods.set(refreshPeriodMs, made);
    return made;
  }

  private setPart(refreshPeriodMs: number, isPart: boolean): void {
    const notes = this.of(refreshPeriodMs);
    const before = notes.isPart;
    if (before === isPart) return;
    notes.isPart = isPart;
    this.journal.onUnwind(() => (notes.isPart = before));
  }

  private setWriteBy(refreshPeriodMs: number, writeBy: number | null): void {
    const notes = this.of(refreshPeriodMs);
    const before = notes.writeBy;
    if (before === writeBy) return;
    notes.writeBy = writeBy;
    this.journal.onUnwind(() => (notes.writeBy = before));
  }
}
