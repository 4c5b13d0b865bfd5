import { loadavg } from 'node:os';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { DeadlineQueue, Journal } from '#domain';
import type { Figure } from './figure';
import { median } from './median';

const many = 1_000_000;
const few = 1_000;
const leaseMs = 236_250;
/** Between two extensions of one lease. */
const extendedEveryMs = 90_000;

/** What keeps a live session alive costs in the timers. */
export const leasesFigure: Figure = {
  name: 'C4',
  title: `the timers of ${many} live leases: bytes of each, and what a refresh costs there`,
  async run({ runs }, tell) {
    const collect = garbageCollector();
    const timers = [new LeaseTimers(few), new LeaseTimers(many)] as const;
    collect();
    const before = process.memoryUsage().heapUsed;
    timers[1].schedule();
    collect();
    const bytes = (process.memoryUsage().heapUsed - before) / many;
    timers[0].schedule();
    const nanoseconds: [number[], number[]] = [[], []];
    for (let run = 0; run <= 3 * runs; run += 1) {
      for (const [index, timer] of timers.entries()) {
        const spent = timer.extend(500_000);
        if (run > 0) nanoseconds[index]!.push(spent);
      }
    }
    const [atFew, atMany] = nanoseconds.map(median) as [number, number];
    tell(`${bytes.toFixed(0)} bytes a lease; a refresh ${atFew.toFixed(0)} ns at ${few}, ${atMany.toFixed(0)} ns at ${many}; load average ${loadavg()[0]!.toFixed(1)}`);
    const measure = `the timers' share of a refresh that extends, at ${many} leases (ns); anchor: at ${few}`;
    // log₂ of the two sizes, 20 to 10, and as much again for a heap that no cache holds.
    return [
      { name: 'C4', measure: `timers, a live lease of ${many}`, value: bytes, unit: 'bytes', ours: bytes, anchor: null, goal: { bound: 'at-most', value: 300 } },
      { name: 'C4-refresh', measure, value: atMany / atFew, unit: 'ratio', ours: atMany, anchor: atFew, goal: { bound: 'at-most', value: 4 } },
    ];
  },
};

interface Lease {
  readonly kind: 'session';
  readonly key: string;
}

/** The queue of deadlines of one scope, with nothing around it: leases are extended in turn, so that none ever falls due. */
class LeaseTimers {
  private readonly until: Map<string, number>;
  private readonly keys: readonly string[];
  private readonly queue: DeadlineQueue<Lease>;
  private now = 0;
  private next = 0;

  constructor(private readonly leases: number) {
    this.keys = Array.from({ length: leases }, (_, i) => `session-${i}`);
    this.until = new Map(this.keys.map((key, i) => [key, leaseMs + Math.floor((i * extendedEveryMs) / leases)]));
    const { until, keys } = this;
    this.queue = new DeadlineQueue(new Journal(), {
      size: leases,
      deadlineOf: ({ key }) => until.get(key),
      precedes: (a, b) => a.key < b.key,
      all: () => keys.map((key) => ({ kind: 'session', key }) as const),
    });
  }

  schedule(): void {
    for (const key of this.keys) this.queue.schedule({ kind: 'session', key }, undefined, this.until.get(key));
  }

  /** Nanoseconds of one. */
  extend(times: number): number {
    const stepMs = extendedEveryMs / this.leases;
    const begun = process.hrtime.bigint();
    for (let i = 0; i < times; i += 1) {
      this.now += stepMs;
      const key = this.keys[this.next]!;
      const before = this.until.get(key)!;
      const after = this.now + leaseMs;
      this.until.set(key, after);
      this.queue.schedule({ kind: 'session', key }, before, after);
      if (this.queue.takeDue(this.now) !== undefined) throw new Error('a lease that is extended fell due');
      this.next = this.next + 1 === this.leases ? 0 : this.next + 1;
    }
    return Number(process.hrtime.bigint() - begun) / times;
  }
}

function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
