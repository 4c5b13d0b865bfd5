interface Timed {
  readonly timeUs: number;
  /** Order of entry: events of one moment happen in the order in which they were planned. */
  readonly order: number;
  readonly action: () => void;
}

/** A binary heap of what is to happen, earliest first. */
export class EventQueue {
  private readonly heap: Timed[] = [];
  private entered = 0;

  get size(): number {
    return this.heap.length;
  }

  add(timeUs: number, action: () => void): void {
    const event = { timeUs, order: this.entered, action };
    this.entered += 1;
    let at = this.heap.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(event, this.heap[parent]!)) break;
      this.heap[at] = this.heap[parent]!;
      at = parent;
    }
    this.heap[at] = event;
  }

  takeEarliest(): Timed | undefined {
    const earliest = this.heap[0];
    const last = this.heap.pop();
    if (earliest === undefined || last === undefined || this.heap.length === 0) return earliest;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= this.heap.length) break;
      if (child + 1 < this.heap.length && isBefore(this.heap[child + 1]!, this.heap[child]!)) child += 1;
      if (!isBefore(this.heap[child]!, last)) break;
      this.heap[at] = this.heap[child]!;
      at = child;
    }
    this.heap[at] = last;
    return earliest;
  }
}

function isBefore(a: Timed, b: Timed): boolean {
  return a.timeUs < b.timeUs || (a.timeUs === b.timeUs && a.order < b.order);
}
