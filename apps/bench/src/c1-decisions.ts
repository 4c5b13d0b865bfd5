import { loadavg } from 'node:os';
import type { Figure } from './figure';
import { median } from './median';
import { mixText } from './scope-traffic';
import { ScopeWorker } from './scope-worker';

const small = 100;
const large = 100_000;
const block = 20_000;
/** Until the code is compiled and the maps have their size. */
const warmUpBlocks = 3;
const goal = { bound: 'at-least', value: 200_000 } as const;

/** What deciding itself takes, without store, service or projection: the rule, its indexes and what unwinds them. */
export const decisionsFigure: Figure = {
  name: 'C1',
  title: `decisions in memory, in scopes with ${large} live flows and with ${small}: ${mixText}`,
  async run({ runs }, tell) {
    const scopes = [{ flows: small, idle: 0 }, { flows: large, idle: 0 }, { flows: small, idle: large }].map((scope) => new ScopeWorker(scope));
    const nanoseconds: number[][] = scopes.map(() => []);
    for (let run = 1 - warmUpBlocks; run <= 3 * runs; run += 1) {
      // By turns, so that a busy machine slows all of them.
      for (const [index, scope] of scopes.entries()) {
        const taken = await scope.decide(block);
        if (run > 0) nanoseconds[index]!.push(taken / block);
      }
    }
    await Promise.all(scopes.map((scope) => scope.close()));
    const [few, many, idle] = nanoseconds.map(median) as [number, number, number];
    tell(`${few.toFixed(0)} ns a decision at ${small} flows, ${many.toFixed(0)} ns at ${large}, ${idle.toFixed(0)} ns at ${small} beside ${large} that are idle; load average ${loadavg()[0]!.toFixed(1)}`);
    const rate = (name: string, flows: number, ns: number) =>
      ({ name, measure: `decisions in memory, one scope of ${flows} live flows`, value: 1e9 / ns, unit: '1/s', ours: 1e9 / ns, anchor: null, goal }) as const;
    const ratio = (name: string, measure: string, ours: number) =>
      ({ name, measure: `${measure} (ns); anchor: at ${small}`, value: ours / few, unit: 'ratio', ours, anchor: few, goal: { bound: 'at-most', value: 1.3 } }) as const;
    return [
      rate('C1', small, few),
      rate('C1-large', large, many),
      ratio('C2', `one decision at ${large} live flows, about each in turn`, many),
      ratio('C2-idle', `one decision beside ${large} live flows, about ${small} others`, idle),
    ];
  },
};
