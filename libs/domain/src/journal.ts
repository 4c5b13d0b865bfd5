/**
 * State evolves in place and can unwind: every change of a journaled collection leaves the step that takes it back, until the
 * change is confirmed. While nothing is recorded (a fold from the store) a change costs no more than a plain Map's.
 */
export class Journal {
  private readonly steps: (() => void)[] = [];
  private recording = false;

  /** From here on changes can be taken back. */
  begin(): void {
    this.recording = true;
  }

  /** What was done stands. */
  confirm(): void {
    this.steps.length = 0;
    this.recording = false;
  }

  /** Takes back everything since `begin`, the last change first. */
  unwind(): void {
    for (let step = this.steps.pop(); step; step = this.steps.pop()) step();
    this.recording = false;
  }

  onUnwind(step: () => void): void {
    if (this.recording) this.steps.push(step);
  }
}

/** A Map whose changes can be taken back. Unwinding may change the order of iteration: nothing may depend on it. */
export class JournaledMap<K, V> {
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
    const before = this.map.get(key);
    this.map.set(key, value);
    this.journal.onUnwind(() => (before === undefined ? this.map.delete(key) : this.map.set(key, before)));
  }

  delete(key: K): void {
    const before = this.map.get(key);
    if (before === undefined) return;
    this.map.delete(key);
    this.journal.onUnwind(() => this.map.set(key, before));
  }
}

/** Key → members. Most keys have one: it stands alone, since a Set for each would be most of a scope's memory. */
export class JournaledIndex<M extends string | object> {
  private readonly members = new Map<string, M | Set<M>>();

  constructor(private readonly journal: Journal) {}

  /** Undefined where there is none. */
  get(key: string): Iterable<M> | undefined {
    const members = this.members.get(key);
    return members === undefined || members instanceof Set ? members : [members];
  }

  keys(): IterableIterator<string> {
    return this.members.keys();
  }

  add(key: string, member: M): void {
    this.insert(key, member);
    this.journal.onUnwind(() => this.remove(key, member));
  }

  delete(key: string, member: M): void {
    this.remove(key, member);
    this.journal.onUnwind(() => this.insert(key, member));
  }

  private insert(key: string, member: M): void {
    const members = this.members.get(key);
    if (members === undefined) this.members.set(key, member);
    else if (members instanceof Set) members.add(member);
    else if (members !== member) this.members.set(key, new Set([members, member]));
  }

  private remove(key: string, member: M): void {
    const members = this.members.get(key);
    if (members instanceof Set) {
      members.delete(member);
      if (members.size === 0) this.members.delete(key);
    } else if (members === member) {
      this.members.delete(key);
    }
  }
}

/**
 * A queue by rising rank. An entry is dropped, when it comes to the front, unless `isCurrent` says that it still holds: so
 * neither a change of rank nor unwinding has to find it inside the heap.
 */
export class JournaledQueue<T> {
  private readonly heap: { readonly rank: number; readonly item: T }[] = [];

  constructor(
    private readonly journal: Journal,
    private readonly isCurrent: (item: T, rank: number) => boolean,
    /** Orders equal ranks, so that every server takes them in the same order. */
    private readonly tieBreaker: (item: T) => string = () => '',
  ) {}

  push(rank: number, item: T): void {
    const { heap } = this;
    heap.push({ rank, item });
    let index = heap.length - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.precedes(index, parent)) break;
      this.swap(index, parent);
      index = parent;
    }
  }

  /** The first entry that holds, left in place; entries that hold no more are dropped on the way (and come back by unwinding). */
  first(): { readonly rank: number; readonly item: T } | undefined {
    for (let top = this.heap[0]; top; top = this.heap[0]) {
      if (this.isCurrent(top.item, top.rank)) return top;
      this.removeFirst();
      const { rank, item } = top;
      this.journal.onUnwind(() => this.push(rank, item));
    }
    return undefined;
  }

  /** The first entry that holds and that `accepts` takes; what is set aside on the way comes back, so nothing changes. */
  find(accepts: (item: T) => boolean): T | undefined {
    const aside: { readonly rank: number; readonly item: T }[] = [];
    let found: T | undefined;
    for (let top = this.first(); top && found === undefined; top = this.first()) {
      if (accepts(top.item)) {
        found = top.item;
      } else {
        aside.push(top);
        this.removeFirst();
      }
    }
    for (const { rank, item } of aside) this.push(rank, item);
    return found;
  }

  /** Removes what `first` returned. */
  shift(): { readonly rank: number; readonly item: T } | undefined {
    const top = this.first();
    if (!top) return undefined;
    this.removeFirst();
    this.journal.onUnwind(() => this.push(top.rank, top.item));
    return top;
  }

  private removeFirst(): void {
    const { heap } = this;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    heap[0] = last;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const right = left + 1;
      let least = index;
      if (left < heap.length && this.precedes(left, least)) least = left;
      if (right < heap.length && this.precedes(right, least)) least = right;
      if (least === index) return;
      this.swap(index, least);
      index = least;
    }
  }

  private precedes(a: number, b: number): boolean {
    const [left, right] = [this.heap[a]!, this.heap[b]!];
    return left.rank === right.rank ? this.tieBreaker(left.item) < this.tieBreaker(right.item) : left.rank < right.rank;
  }

  private swap(a: number, b: number): void {
    const held = this.heap[a]!;
    this.heap[a] = this.heap[b]!;
    this.heap[b] = held;
  }
}
