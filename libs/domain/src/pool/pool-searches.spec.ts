import fc from 'fast-check';
import { evolveFlowTable } from '../scope/flow-table-evolve';
import type { Flow, FlowId, TemporaryField } from '../flow/flow';
import { flowIdText, withTemporary } from '../flow/flow-id';
import { handleFlowTable } from '../flow-table/flow-table';
import type { FlowTableCommand } from '../commands/flow-table-commands';
import { FlowTableState } from '../scope/flow-table-state';
import { admit, at, careOf, cn, cn2, configure, ff, provision, release, tick } from '../proof/flow-table.testing';
import { Journal } from '../journal/journal';
import { overlaps } from '../flow/overlaps';
import { Pool } from './pool';
import { searchKindOf, tellSearches } from './pool-searches';
import { runs } from '../proof/property-runs.testing';

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
    }), runs);
    expect(remembered).toBeGreaterThan(0);
  }, 180_000);
});

describe('the kinds of id that search a pool', () => {
  const [here, here6] = ['198.51.100.1', '2001:db8:1::1'];
  const ports = (source: string, sourcePort = 5000, destinationPort = 5004, protocol = 17, destination = here): FlowId =>
    ({ source, destination, protocol, sourcePort, destinationPort });
  const senders = (destinationPort: number, ...list: (readonly [string, number])[]): FlowId =>
    ({ senders: list.map(([source, sourcePort]) => ({ source, sourcePort })), destination: here, protocol: 17, destinationPort });
  const wildcard = (destinationPort: number, protocol = 17, destination = here): FlowId => ({ destination, protocol, destinationPort });
  const labelled = (flowLabel: number, source?: string): FlowId => ({ ...(source !== undefined && { source }), destination: here6, flowLabel });

  const asked: readonly (readonly [TemporaryField, FlowId])[] = [
    ...[ports(cn), ports(cn2), ports(cn, 5000, 5005), ports(cn, 5000, 5004, 6)].map((id) => ['sourcePort', id] as const),
    ...[
      ports(cn), ports(cn2), ports(cn, 5001), ports(cn, 5000, 5004, 6), senders(5004, [cn, 5000]), senders(5004, [cn, 5000], [cn2, 5000]),
      wildcard(5004), wildcard(5004, 6),
    ].map((id) => ['destinationPort', id] as const),
    ...[ports(cn6, 1, 2, 17, here6), ports(otherCn6, 1, 2, 17, here6), labelled(3, cn6), wildcard(2, 17, here6)].map((id) => ['flowLabel', id] as const),
    ['greKey', { source: cn, destination: here, protocol: 50, spi: 9 }],
  ];
  /** What may be in the way of the value 7 of some. */
  const held: readonly FlowId[] = [
    ports(cn, 7), ports(cn2, 7), ports(cn, 7, 5005), ports(cn, 7, 5004, 6), ports(cn, 5000, 7), ports(cn2, 5000, 7),
    ports(cn, 5001, 7), ports(cn, 5000, 7, 6),
    senders(7, [cn, 5000]), senders(7, [cn2, 5000], [cn, 5000]), senders(5004, [cn, 7], [cn2, 7]), senders(5004, [cn2, 1], [cn, 7]),
    wildcard(7), wildcard(7, 6), labelled(7, cn6), labelled(7, otherCn6), labelled(7), labelled(8, cn6),
    { source: cn, destination: here, protocol: 47, greKey: 7 }, { source: cn, destination: here, protocol: 50, spi: 7 },
    { source: cn, destination: here, protocol: 1 },
  ];
  type Asked = (typeof asked)[number];
  const isInTheWay = ([field, requested]: Asked, id: FlowId): boolean => overlaps(withTemporary(requested, { field, value: 7 }), id, false);
  const name = ([field, requested]: Asked): string => `${field} of ${flowIdText(requested)}`;

  test.each(asked.map((each) => [name(each), each] as const))('%s: what was in the way of a value and left is told to those that were refused it', (_, each) => {
    const [field, requested] = each;
    for (const id of held.filter((other) => isInTheWay(each, other))) {
      const journal = new Journal();
      const pool = (): Pool => new Pool(journal, { first: 1, last: 60 });
      const pools = { sourcePort: pool(), destinationPort: pool(), flowLabel: pool(), greKey: pool() };
      const kind = searchKindOf(requested, field);
      expect(pools[field].choose((value) => value > 40, kind)?.value).toBe(41);
      expect(pools[field].hasSearches).toBe(kind !== null);
      tellSearches(pools, id);
      expect([flowIdText(id), pools[field].choose((value) => value > 40 || value === 7, kind)?.value]).toEqual([flowIdText(id), 7]);
    }
  });
  test('ids that others are in the way of are of other kinds, or of none', () => {
    for (const a of asked) {
      for (const b of asked.filter(([field]) => field === a[0])) {
        const kinds = [searchKindOf(a[1], a[0]), searchKindOf(b[1], b[0])];
        if (kinds[0] === null || kinds[0] !== kinds[1]) continue;
        for (const id of held) expect([name(a), name(b), flowIdText(id), isInTheWay(a, id)]).toEqual([name(a), name(b), flowIdText(id), isInTheWay(b, id)]);
      }
    }
  });
  test('most that ask are of a kind; lists of senders and GRE keys are searched anew each time', () => {
    expect(asked.filter(([field, id]) => searchKindOf(id, field) === null).map(name))
      .toEqual(asked.filter(([field, id]) => field === 'greKey' || ('senders' in id)).map(name));
  });
});
