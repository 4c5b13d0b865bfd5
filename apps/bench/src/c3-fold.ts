import { loadavg } from 'node:os';
import { decodeEvent, evolveFlowTable, FlowTableState, type FlowTableEvent } from '#domain';
import type { Figure, Measured } from './figure';
import { median } from './median';
import { ScopeTraffic } from './scope-traffic';

const flows = 1_000;
const decisions = 100_000;
/** Events are read in pages, and folded as they come. */
const page = 500;

/** Reading a scope back: a cold start, a replay, the tail that another server wrote. */
export const foldFigure: Figure = {
  name: 'C3',
  title: 'events folded into the state of their scope, already decoded and from their JSON text',
  async run({ runs }, tell) {
    const stored = recorded();
    tell(`${stored.length} events: ${sharesOf(stored)}`);
    const rates = { decoded: [] as number[], text: [] as number[] };
    for (let run = 0; run <= runs; run += 1) {
      const { folding, reading } = nanoseconds(stored);
      const perSecond = (ns: number): number => stored.length / (ns / 1e9);
      const [decoded, text] = [perSecond(folding), perSecond(folding + reading)];
      // The first run compiles the code.
      if (run === 0) continue;
      rates.decoded.push(decoded);
      rates.text.push(text);
    }
    const [decoded, text] = [median(rates.decoded), median(rates.text)];
    tell(`${decoded.toFixed(0)}/s decoded, ${text.toFixed(0)}/s from text; load average ${loadavg()[0]!.toFixed(1)}`);
    const entry = (name: string, measure: string, value: number, atLeast: number): Measured =>
      ({ name, measure, value, unit: '1/s', ours: value, anchor: null, goal: { bound: 'at-least', value: atLeast } });
    return [
      entry('C3', `events folded, of a scope of ${flows} live flows`, decoded, 1_000_000),
      entry('C3-text', 'the same with JSON.parse of every payload', text, 100_000),
    ];
  },
};

interface Stored {
  readonly type: FlowTableEvent['type'];
  readonly data: string;
}

/** The whole stream of a scope, its provisioning and first flows included. */
function recorded(): Stored[] {
  const stored: Stored[] = [];
  const traffic = new ScopeTraffic(flows, 0, ({ type, ...payload }) => stored.push({ type, data: JSON.stringify(payload) }));
  for (const told of traffic.next(decisions)) traffic.tell(told);
  return stored;
}

/** Of the whole stream, page by page: what reading its texts takes, and what folding its events takes. */
function nanoseconds(stored: readonly Stored[]): { readonly folding: number; readonly reading: number } {
  const state = new FlowTableState('fa-1', '198.51.100.1');
  let [folding, reading] = [0, 0];
  for (let from = 0; from < stored.length; from += page) {
    const begun = process.hrtime.bigint();
    const events = stored.slice(from, from + page).map(({ type, data }) => decodeEvent(type, data, 1) as FlowTableEvent);
    const read = process.hrtime.bigint();
    for (const event of events) evolveFlowTable(state, event);
    reading += Number(read - begun);
    folding += Number(process.hrtime.bigint() - read);
  }
  return { folding, reading };
}

function sharesOf(stored: readonly Stored[]): string {
  const counts = new Map<string, number>();
  for (const { type } of stored) counts.set(type, (counts.get(type) ?? 0) + 1);
  const shares = [...counts].map(([type, count]) => [type, Math.round((100 * count) / stored.length)] as const);
  return shares.filter(([, percent]) => percent > 0).map(([type, percent]) => `${type} ${percent} %`).join(', ');
}
