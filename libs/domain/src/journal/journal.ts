/** Whose changes can be taken back: what `record` was told comes back to it, the last first. */
export interface Unwindable {
  takeBack(key: unknown, before: unknown): void;
}

/** Steps that were taken back or confirmed are overwritten; a batch that was larger than this is let go of at once. */
const stepsKept = 4_096;

/**
 * State evolves in place and can unwind: every change of a journaled collection leaves what takes it back, until the change is
 * confirmed. While nothing is recorded (a fold from the store) a change costs no more than a plain Map's. Steps are data, three
 * places each, since every decision leaves a dozen of them.
 */
export class Journal {
  private readonly steps: unknown[] = [];
  private used = 0;
  private isRecording = false;

  /** From here on changes can be taken back. */
  begin(): void {
    this.isRecording = true;
  }

  /** What was done stands. */
  confirm(): void {
    this.isRecording = false;
    this.empty();
  }

  /** Takes back everything since `begin`, the last change first. */
  unwind(): void {
    const { steps } = this;
    this.isRecording = false;
    for (let step = this.used - 3; step >= 0; step -= 3) (steps[step] as Unwindable).takeBack(steps[step + 1], steps[step + 2]);
    this.empty();
  }

  /** For what is made of the state and can be made again. */
  unrecorded<T>(make: () => T): T {
    const wasRecording = this.isRecording;
    this.isRecording = false;
    try {
      return make();
    } finally {
      this.isRecording = wasRecording;
    }
  }

  get recording(): boolean {
    return this.isRecording;
  }

  /** Nothing could be taken back now. */
  get clean(): boolean {
    return this.used === 0;
  }

  record(target: Unwindable, key: unknown, before: unknown): void {
    if (!this.isRecording) return;
    const { steps } = this;
    steps[this.used++] = target;
    steps[this.used++] = key;
    steps[this.used++] = before;
  }

  /** For what changes seldom. */
  onUnwind(step: () => void): void {
    this.record({ takeBack: step }, undefined, undefined);
  }

  private empty(): void {
    this.used = 0;
    if (this.steps.length > stepsKept) this.steps.length = 0;
  }
}

/** A Map whose changes can be taken back. Unwinding may change the order of iteration: nothing may depend on it. */
export class JournaledMap<K, V> implements Unwindable {
  private readonly map = new Map<K, V>();

  constructor(private readonly journal: Journal) {}

  get size(): number {
    return this.map.size;
  }

  get(key: K): V | undefined {
    return this.map.get(key);
  }

  has(key: K): boolean {
    return this.map.has(key);
  }

  keys(): IterableIterator<K> {
    return this.map.keys();
  }

  values(): IterableIterator<V> {
    return this.map.values();
  }

  entries(): IterableIterator<[K, V]> {
    return this.map.entries();
  }

  set(key: K, value: V): void {
    if (this.journal.recording) this.journal.record(this, key, this.map.get(key));
    this.map.set(key, value);
  }

  delete(key: K): void {
    if (this.journal.recording) {
      const before = this.map.get(key);
      if (before === undefined) return;
      this.journal.record(this, key, before);
    }
    this.map.delete(key);
  }

  takeBack(key: K, before: V | undefined): void {
    if (before === undefined) this.map.delete(key);
    else this.map.set(key, before);
  }
}

/** Key → members. Most keys have one: it stands alone, since a Set for each would be most of a scope's memory. */
export class JournaledIndex<K extends string | number, M extends string | object> {
  private readonly members = new Map<K, M | Set<M>>();
  private readonly added: Unwindable = { takeBack: (key, member) => this.remove(key as K, member as M) };
  private readonly deleted: Unwindable = { takeBack: (key, member) => this.insert(key as K, member as M) };

  constructor(private readonly journal: Journal) {}

  /** Undefined where there is none. */
  get(key: K): Iterable<M> | undefined {
    const members = this.members.get(key);
    return members === undefined || members instanceof Set ? members : [members];
  }

  keys(): IterableIterator<K> {
    return this.members.keys();
  }

  add(key: K, member: M): void {
    this.insert(key, member);
    this.journal.record(this.added, key, member);
  }

  delete(key: K, member: M): void {
    this.remove(key, member);
    this.journal.record(this.deleted, key, member);
  }

  private insert(key: K, member: M): void {
    const members = this.members.get(key);
    if (members === undefined) this.members.set(key, member);
    else if (members instanceof Set) members.add(member);
    else if (members !== member) this.members.set(key, new Set([members, member]));
  }

  private remove(key: K, member: M): void {
    const members = this.members.get(key);
    if (members instanceof Set) {
      members.delete(member);
      if (members.size === 0) this.members.delete(key);
    } else if (members === member) {
      this.members.delete(key);
    }
  }
}
