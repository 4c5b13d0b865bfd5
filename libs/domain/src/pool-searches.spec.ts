import fc from 'fast-check';
import { evolveFlowTable } from './flow-table-evolve';
import type { Flow } from './flow';
import { handleFlowTable } from './flow-table';
import type { FlowTableCommand } from './flow-table-commands';
import { FlowTableState } from './flow-table-state';
import { admit, at, careOf, cn, cn2, configure, ff, provision, release, tick } from './flow-table.testing';
import { runsUpTo } from './property-runs.testing';

const [cn6, otherCn6] = ['2001:db8::7', '2001:db8::8'];
const label = (flowLabel: number, correspondentNode = cn6): Flow => ({ correspondentNode, protocol: 17, flowLabel });
const seOf = (destinationPort: number, ...sources: string[]): Flow =>
  ({ protocol: 17, destinationPort, senders: sources.map((correspondentNode) => ({ correspondentNode, sourcePort: 5000 })) });

/** Native sessions that hold the first values of a pool, each in the way of some who ask: 40 of them make a long search. */
const inTheWay: Readonly<Record<string, (i: number) => Flow>> = {
  sourcePorts: (i) => ff({ sourcePort: 49_152 + i }),
  destinationPorts: (i) => ff({ destinationPort: 49_152 + i }),
  lists: (i) => seOf(49_152 + i, cn, cn2),
  wildcards: (i) => ({ protocol: 17, destinationPort: 49_152 + i }),
  labels: (i) => label(1 + i),
  labelsOfAnother: (i) => label(1 + i, otherCn6),
};

/** One server that remembers what it searched, and beside it one that folded the stream just now and remembers nothing. */
class Scope {
  private readonly remembering: FlowTableState;
  private readonly fresh: FlowTableState;
  private nodes = 0;

  constructor(careOfAddress: string) {
    this.remembering = new FlowTableState('fa-1', careOfAddress);
    this.fresh = new FlowTableState('fa-1', careOfAddress);
  }

  tell(seconds: number, command: FlowTableCommand): void {
    this.fresh.journal.begin();
    const expected = handleFlowTable(this.fresh, command, at(seconds));
    this.fresh.journal.unwind();
    for (const pool of Object.values(this.fresh.pools)) pool.forgetSearches();
    const { answer, events } = handleFlowTable(this.remembering, command, at(seconds));
    expect(answer).toEqual(expected.answer);
    for (const event of events) evolveFlowTable(this.fresh, event);
  }

  /** By a node that was not here before. */
  configure(seconds: number, flow: Flow): void {
    const node = `mn-${this.nodes++}`;
    this.tell(seconds, admit(node, 1n));
    this.tell(seconds, configure(`s${this.nodes}`, node, flow));
  }

  releaseOne(seconds: number, k: number): void {
    const sessions = [...this.remembering.sessions.keys()];
    if (sessions.length > 0) this.tell(seconds, release(sessions[k % sessions.length]!));
  }

  get searches(): number {
    return Object.values(this.remembering.pools).filter((pool) => pool.hasSearches).length;
  }
}

describe('searches of the pools that a server remembers', () => {
  const v4 = [ff(), ff({ correspondentNode: cn2 }), { protocol: 17, destinationPort: 5004 }, seOf(5004, cn), seOf(5004, cn2), seOf(5004, cn, cn2)];
  const v6 = [ff({ correspondentNode: cn6 }), ff({ correspondentNode: otherCn6 }), { protocol: 17, destinationPort: 5004 }, seOf(5004, cn6)];
  const step = fc.record({ what: fc.constantFrom('ask', 'ask', 'ask', 'release', 'release', 'stand', 'tick'), k: fc.nat(50), seconds: fc.constantFrom(0, 0, 1, 70) });
  const setting = fc.constantFrom(
    ...(['sourcePorts', 'destinationPorts', 'lists', 'wildcards'] as const).map((held) => ({ held, asked: v4, careOfAddress: careOf })),
    ...(['labels', 'labelsOfAnother'] as const).map((held) => ({ held, asked: v6, careOfAddress: '2001:db8:1::1' })),
  );

  test('I13 change no choice: a server that was started just now chooses the same, whatever came, left and came free since', () => {
    let remembered = 0;
    fc.assert(fc.property(setting, fc.constantFrom(0, 60), fc.nat(5), fc.array(step, { minLength: 5, maxLength: 30, size: 'max' }), ({ held, asked, careOfAddress }, quarantineSeconds, first, steps) => {
      const scope = new Scope(careOfAddress);
      scope.tell(0, provision(1n, { quarantineSeconds }));
      for (let i = 0; i < 40; i++) scope.configure(0, inTheWay[held]!(i));
      for (let n = 0; n < 3; n++) scope.configure(0, asked[(first + n * 2) % asked.length]!);
      let now = 0;
      for (const { what, k, seconds } of steps) {
        now += seconds;
        if (what === 'ask') scope.configure(now, asked[k % asked.length]!);
        else if (what === 'release') scope.releaseOne(now, k);
        else if (what === 'stand') scope.configure(now, inTheWay[held]!(k));
        else scope.tell(now, tick);
      }
      remembered += scope.searches;
    }), runsUpTo(100));
    expect(remembered).toBeGreaterThan(0);
  });
});
