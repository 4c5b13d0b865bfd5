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
    const alone = { idle: 0, scopes: 1 };
    const manyScopes = { idle: 0, scopes: large / small };
    const kinds = [{ ...alone, flows: small }, { ...alone, flows: large }, { ...alone, flows: small, idle: large }, { ...manyScopes, flows: small }];
    const scopes = kinds.map((kind) => new ScopeWorker(kind));
    const nanoseconds: number[][] = scopes.map(() => []);
    for (let run = 1 - warmUpBlocks; run <= 3 * runs; run += 1) {
      // By turns, so that a busy machine slows all of them.
      for (const [index, scope] of scopes.entries()) {
        const taken = await scope.decide(block);
        if (run > 0) nanoseconds[index]!.push(taken / block);
      }
    }
    await Promise.all(scopes.map((scope) => scope.close()));
    const [few, many, idle, spread] = nanoseconds.map(median) as [number, number, number, number];
    const [ns, load] = [(value: number): string => `${value.toFixed(0)} ns`, loadavg()[0]!.toFixed(1)];
    tell(`${ns(few)} a decision at ${small} flows, ${ns(many)} at ${large}, ${ns(idle)} at ${small} beside ${large} that are idle; load average ${load}`);
    tell(`${ns(spread)} in ${large / small} scopes of ${small} flows by turns`);
    const rate = (name: string, flows: number, ns: number) =>
      ({ name, measure: `decisions in memory, one scope of ${flows} live flows`, value: 1e9 / ns, unit: '1/s', ours: 1e9 / ns, anchor: null, goal }) as const;
    const ratio = (name: string, measure: string, ours: number, anchor = few, where = `at ${small}`) =>
      ({ name, measure: `${measure} (ns); anchor: ${where}`, value: ours / anchor, unit: 'ratio', ours, anchor, goal: { bound: 'at-most', value: 1.3 } }) as const;
    return [
      rate('C1', small, few),
      rate('C1-large', large, many),
      ratio('C2', `one decision at ${large} live flows, about each in turn`, many),
      ratio('C2-spread', `one decision at ${large} live flows, about each in turn`, many, spread, `as many flows in scopes of ${small}`),
      ratio('C2-idle', `one decision beside ${large} live flows, about ${small} others`, idle),
    ];
  },
};
