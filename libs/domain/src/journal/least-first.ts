/** Numbers of which only the least is asked for: a heap. */
export class LeastFirst {
  private readonly heap: number[] = [];

  get least(): number | undefined {
    return this.heap[0];
  }

  add(value: number): void {
    const { heap } = this;
    let index = heap.length;
    heap.push(value);
    for (let parent = (index - 1) >> 1; index > 0 && value < heap[parent]!; parent = (index - 1) >> 1) {
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = value;
  }

  dropLeast(): void {
    const { heap } = this;
    const value = heap.pop();
    if (value === undefined || heap.length === 0) return;
    let index = 0;
    for (let child = 1; child < heap.length; child = 2 * index + 1) {
      if (child + 1 < heap.length && heap[child + 1]! < heap[child]!) child++;
      if (value <= heap[child]!) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = value;
  }
}
