import { DeadlineQueue } from '../journal/deadline-queue';
import { JournaledMap, type Journal } from '../journal/journal';
import { extensionSpacingMs } from '../flow/soft-state';

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
  /** When this server wrote an extension last. */
  writtenAt: number | null = null;
  /** Of which only a part was written: the append was full. */
  isPart = false;

  constructor(journal: Journal) {
    this.session = new JournaledMap(journal);
    this.reservation = new JournaledMap(journal);
    this.part = new JournaledMap(journal);
  }

  get isEmpty(): boolean {
    return this.session.size + this.reservation.size + this.part.size === 0;
  }
}

/**
 * When this server saw sessions refreshed. Refreshes are no events, so this is no part of what the stream says: another server has other
 * notes, a restarted one has none, and either keeps every lease between L and 1.5 · L (leases.ts). Notes only let many leases be
 * extended by one event, and let that event wait a little for the next ones.
 */
export class RefreshNotes {
  /** Those of which leases are noted: every session may have a period of its own. */
  private readonly periods: JournaledMap<number, NotesOfPeriod>;
  /** Refresh period → milliseconds by which its extension must be written, where one waits. */
  private readonly writeBys: JournaledMap<number, number>;
  private readonly queue: DeadlineQueue<number>;

  /** @param lastExtendedAt of a refresh period, milliseconds; whoever changes it tells `extended` */
  constructor(
    private readonly journal: Journal,
    private readonly lastExtendedAt: (refreshPeriodMs: number) => number,
  ) {
    this.periods = new JournaledMap(journal);
    this.writeBys = new JournaledMap(journal);
    const { writeBys } = this;
    this.queue = new DeadlineQueue(journal, {
      deadlineOf: (refreshPeriodMs) => this.dueAt(refreshPeriodMs),
      precedes: (a, b) => a < b,
      all: () => writeBys.keys(),
      get size() {
        return writeBys.size;
      },
    });
  }

  note(refreshPeriodMs: number, kind: LeaseKind, sessionId: string, at: number): void {
    this.of(refreshPeriodMs)[kind].set(sessionId, at);
  }

  forget(refreshPeriodMs: number, kind: LeaseKind, sessionId: string): void {
    const notes = this.periods.get(refreshPeriodMs);
    if (!notes) return;
    notes[kind].delete(sessionId);
    if (notes.isEmpty && !this.writeBys.has(refreshPeriodMs)) this.periods.delete(refreshPeriodMs);
  }

  /** Milliseconds of the last refresh; undefined: none is noted. */
  notedAt(refreshPeriodMs: number, kind: LeaseKind, key: string): number | undefined {
    return this.periods.get(refreshPeriodMs)?.[kind].get(key);
  }

  /** Session ids and the milliseconds of their last refresh. */
  entries(refreshPeriodMs: number, kind: LeaseKind): [string, number][] {
    return [...(this.periods.get(refreshPeriodMs)?.[kind].entries() ?? [])];
  }

  /** Leases of this period wait for an extension; it is to be written by then at the latest. */
  wait(refreshPeriodMs: number, writeBy: number): void {
    this.setWriteBy(refreshPeriodMs, Math.min(this.writeBys.get(refreshPeriodMs) ?? Infinity, writeBy));
  }

  /** Nothing waits any more. */
  settled(refreshPeriodMs: number): void {
    this.writeBys.delete(refreshPeriodMs);
  }

  /** An extension of the period was told, by whatever server: what still waits may have come nearer. */
  extended(refreshPeriodMs: number): void {
    this.queue.schedule(refreshPeriodMs, undefined, this.dueAt(refreshPeriodMs));
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
    return this.periods.get(refreshPeriodMs)?.isPart ?? false;
  }

  /** Refresh periods of which an extension waits, the shortest first: the order in which they came is another one after an unwinding. */
  get waiting(): number[] {
    return [...this.writeBys.keys()].sort((a, b) => a - b);
  }

  /** The next extension that falls due, milliseconds. */
  due(): { readonly at: number; readonly refreshPeriodMs: number } | null {
    const first = this.queue.first();
    return first ? { at: first.rank, refreshPeriodMs: first.item } : null;
  }

  snapshot(): RefreshNotesSnapshot {
    return [...this.periods.entries()].map(([refreshPeriodMs, { session, reservation, part, writtenAt }]) => {
      const entries = { session: [...session.entries()], reservation: [...reservation.entries()], part: [...part.entries()] };
      return { refreshPeriodMs, ...entries, writeBy: this.writeBys.get(refreshPeriodMs) ?? null, writtenAt };
    });
  }

  restore(snapshot: RefreshNotesSnapshot): void {
    for (const { refreshPeriodMs, session, reservation, part, writeBy, writtenAt } of snapshot) {
      for (const [sessionId, at] of session) this.note(refreshPeriodMs, 'session', sessionId, at);
      for (const [sessionId, at] of reservation) this.note(refreshPeriodMs, 'reservation', sessionId, at);
      for (const [key, at] of part) this.note(refreshPeriodMs, 'part', key, at);
      this.of(refreshPeriodMs).writtenAt = writtenAt;
      if (writeBy !== null) this.setWriteBy(refreshPeriodMs, writeBy);
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

  private setWriteBy(refreshPeriodMs: number, writeBy: number): void {
    if (this.writeBys.get(refreshPeriodMs) === writeBy) return;
    this.writeBys.set(refreshPeriodMs, writeBy);
    this.queue.schedule(refreshPeriodMs, undefined, this.dueAt(refreshPeriodMs));
  }

  /** Undefined: nothing waits. */
  private dueAt(refreshPeriodMs: number): number | undefined {
    const writeBy = this.writeBys.get(refreshPeriodMs);
    if (writeBy === undefined) return undefined;
    const last = this.lastExtendedAt(refreshPeriodMs);
    const isOwn = last === this.periods.get(refreshPeriodMs)?.writtenAt;
    return Math.min(writeBy, last + extensionSpacingMs + (isOwn ? courtesyMs : 0));
  }
}
