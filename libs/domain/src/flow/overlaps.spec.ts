import fc from 'fast-check';
import type { FlowId, FlowIdSender } from './flow';
import { Journal } from '../journal/journal';
import { naiveOverlaps } from '../proof/naive-overlaps.testing';
import { OverlapIndex } from '../scope/overlap-index';
import { overlaps } from './overlaps';
import { manyRuns } from '../proof/property-runs.testing';

const destination = '198.51.100.1';
const [a, b] = ['192.0.2.7', '192.0.2.8'];
const ports = (source: string, sourcePort: number, destinationPort = 5004, protocol = 17): FlowId =>
  ({ source, destination, protocol, sourcePort, destinationPort });
const list = (...senders: (readonly [string, number])[]): FlowId =>
  ({ senders: senders.map(([source, sourcePort]) => ({ source, sourcePort })), destination, protocol: 17, destinationPort: 5004 });
/** Senders by whatever tells each: the port is one of the id where one of them has a port. */
const listOf = (senders: readonly FlowIdSender[], protocol = 17): FlowId =>
  ({ senders, destination, protocol, ...(senders.some(({ sourcePort }) => sourcePort !== undefined) && { destinationPort: 5004 }) });
const wildcard = (destinationPort = 5004, protocol = 17): FlowId => ({ destination, protocol, destinationPort });
const label = (flowLabel: number, source?: string): FlowId => ({ ...(source !== undefined && { source }), destination, flowLabel });
const spi = (source: string, value: number, protocol = 50): FlowId => ({ source, destination, protocol, spi: value });
const greKey = (key: number, source?: string): FlowId => ({ ...(source !== undefined && { source }), destination, protocol: 47, greKey: key });
/** Whether an index that holds the one finds it by the other. */
const isFoundBy = (held: FlowId, id: FlowId): boolean => {
  const index = new OverlapIndex<{ id: FlowId; logicalFlow: string }>(new Journal(), false);
  index.add({ id: held, logicalFlow: 'held' });
  return index.overlapsAny(id, () => true);
};
const protocolOnly = (source: string, protocol: number): FlowId => ({ source, destination, protocol });

describe('overlaps(a, b), the table of domain.md §3', () => {
  test.each<[string, FlowId, FlowId, boolean]>([
    ['ports: all equal', ports(a, 5000), ports(a, 5000), true],
    ['ports: another source', ports(a, 5000), ports(b, 5000), false],
    ['ports: another source port', ports(a, 5000), ports(a, 5001), false],
    ['ports: another protocol', ports(a, 5000), ports(a, 5000, 5004, 6), false],
    ['ports: source port 0 equals only 0', ports(a, 0), ports(a, 5000), false],
    ['ports: source port 0 equals 0', ports(a, 0), ports(a, 0), true],
    ['destination port 0 is no id match', ports(a, 5000, 0), ports(a, 5000), false],
    ['WF: any sender', wildcard(), ports(b, 1), true],
    ['WF: another destination port', wildcard(5006), ports(b, 1), false],
    ['WF: another protocol', wildcard(5004, 6), ports(b, 1), false],
    ['WF and WF', wildcard(), wildcard(), true],
    ['WF and SE', wildcard(), list([a, 1]), true],
    ['SE: one member', list([a, 1], [b, 2]), list([b, 2], [b, 3]), true],
    ['SE: source of one and port of another', list([a, 1], [b, 2]), list([a, 2], [b, 1]), false],
    ['SE and FF', list([a, 1], [b, 2]), ports(b, 2), true],
    ['SE by labels: one member', listOf([{ source: a, flowLabel: 5 }, { source: b, flowLabel: 6 }]), listOf([{ source: b, flowLabel: 6 }]), true],
    ['SE by labels: source of one and label of another', listOf([{ source: a, flowLabel: 5 }, { source: b, flowLabel: 6 }]), listOf([{ source: a, flowLabel: 6 }]), false],
    ['SE by labels and a label, whatever the protocol', listOf([{ source: a, flowLabel: 5 }], 6), label(5, a), true],
    ['SE by labels and a label of any source', listOf([{ source: a, flowLabel: 5 }]), label(5), true],
    ['SE by labels and WF: two kinds', listOf([{ source: a, flowLabel: 5 }]), wildcard(), false],
    ['SE by a label and a port: its port', listOf([{ source: a, flowLabel: 5 }, { source: b, sourcePort: 1 }]), ports(b, 1), true],
    ['SE by a label and a port: WF', listOf([{ source: a, flowLabel: 5 }, { source: b, sourcePort: 1 }]), wildcard(), true],
    ['SE by SPIs: one member', listOf([{ source: a, spi: 7 }, { source: b, spi: 8 }], 50), spi(b, 8), true],
    ['SE by SPIs: another protocol', listOf([{ source: a, spi: 7 }], 50), spi(a, 7, 51), false],
    ['SE by nothing but their protocol', listOf([{ source: a }, { source: b }], 1), protocolOnly(b, 1), true],
    ['label: equal', label(7, a), label(7, a), true],
    ['label: another source', label(7, a), label(7, b), false],
    ['label: another label', label(7, a), label(8, a), false],
    ['label: no single source', label(7), label(7, b), true],
    ['label 0 is none', label(0, a), label(0, a), false],
    ['SPI: equal', spi(a, 7), spi(a, 7), true],
    ['SPI: another source', spi(a, 7), spi(b, 7), false],
    ['SPI: another SPI', spi(a, 7), spi(a, 8), false],
    ['SPI: ESP and AH', spi(a, 7), spi(a, 7, 51), false],
    ['GRE key: equal', greKey(1, a), greKey(1, a), true],
    ['GRE key: another source', greKey(1, a), greKey(1, b), false],
    ['GRE key: another key', greKey(1, a), greKey(2, a), false],
    ['GRE key: no single source', greKey(1), greKey(1, b), true],
    ['no ports: equal', protocolOnly(a, 1), protocolOnly(a, 1), true],
    ['no ports: another source', protocolOnly(a, 1), protocolOnly(b, 1), false],
    ['no ports: another protocol', protocolOnly(a, 1), protocolOnly(a, 89), false],
    ['two kinds: never', protocolOnly(a, 50), spi(a, 7), false],
    ['two kinds: never', greKey(1, a), protocolOnly(a, 47), false],
    ['two kinds: never', label(7, a), ports(a, 5000), false],
  ])('%s', (_, x, y, expected) => {
    expect([overlaps(x, y), overlaps(y, x)]).toEqual([expected, expected]);
    expect(naiveOverlaps(x, y, false)).toBe(expected);
    expect([isFoundBy(x, y), isFoundBy(y, x)]).toEqual([expected, expected]);
  });

  test('mixedClassifiers: two kinds overlap when every field that both have is equal', () => {
    expect(overlaps(protocolOnly(a, 50), spi(a, 7), true)).toBe(true);
    expect(overlaps(protocolOnly(b, 50), spi(a, 7), true)).toBe(false);
    expect(overlaps(label(7, a), list([b, 1], [a, 1]), true)).toBe(true);
    expect(overlaps(label(7, a), list([b, 1]), true)).toBe(false);
    expect(overlaps(label(7, a), wildcard(), true)).toBe(true);
    expect(overlaps(listOf([{ source: a, flowLabel: 7 }], 17), ports(a, 1), true)).toBe(true);
    expect(overlaps(listOf([{ source: a, flowLabel: 7 }], 17), ports(b, 1), true)).toBe(false);
    expect(overlaps(listOf([{ source: a, spi: 7 }], 50), protocolOnly(a, 50), true)).toBe(true);
  });
});

/** Some of each kind, and who is near them. */
const some: readonly FlowId[] = [
  ports(a, 1), ports(b, 1), ports(a, 2), ports(a, 1, 5006), ports(a, 1, 5004, 6),
  list([a, 1]), list([a, 1], [b, 2]), list([b, 1]), wildcard(), wildcard(5006), wildcard(5004, 6),
  label(7, a), label(7, b), label(8, a), label(7), label(0, a), spi(a, 7), spi(b, 7), spi(a, 8), spi(a, 7, 51),
  greKey(7, a), greKey(7, b), greKey(8, a), greKey(7),
  listOf([{ source: a, flowLabel: 7 }, { source: b, sourcePort: 1 }]),
  listOf([{ source: b, flowLabel: 7 }, { source: b, flowLabel: 8 }]), listOf([{ source: a, spi: 7 }, { source: b }], 50),
  protocolOnly(a, 1), protocolOnly(b, 1), protocolOnly(a, 47), protocolOnly(a, 50), protocolOnly(a, 17),
];

describe.each([false, true])('the index of what is held (I18; mixedClassifiers: %s)', (mixed) => {
  const holding = (id: FlowId, index: number) => ({ id, logicalFlow: `${index}` });
  test.each(some)('finds what overlaps %j, until it has left', (id) => {
    const index = new OverlapIndex<ReturnType<typeof holding>>(new Journal(), mixed);
    const [held, twins] = [some.map(holding), some.map(holding)];
    for (const each of [...held, ...twins]) index.add(each);
    const found = (): Set<unknown> => new Set(index.overlapping(id, () => true));
    const overlapping = (holdings: typeof held): typeof held => holdings.filter((each) => naiveOverlaps(each.id, id, mixed));
    expect(found()).toEqual(new Set(overlapping([...held, ...twins])));
    for (const each of twins) index.delete(each);
    expect(found()).toEqual(new Set(overlapping(held)));
    for (const each of overlapping(held)) expect(index.overlapsAny(id, (other) => other === each)).toBe(true);
    for (const each of held) index.delete(each);
    expect([found(), index.overlapsAny(id, () => true)]).toEqual([new Set(), false]);
  });
});

const source = fc.constantFrom(a, b);
const small = fc.constantFrom(0, 1, 2);
const protocol = fc.constantFrom(17, 6);
const told = { sourcePort: small, flowLabel: small, spi: small };
const anySender: fc.Arbitrary<FlowIdSender> = fc.oneof(
  ...Object.entries(told).map(([field, value]) => fc.record({ source, [field]: value })), fc.record({ source }),
) as fc.Arbitrary<FlowIdSender>;
const anyId: fc.Arbitrary<FlowId> = fc.oneof(
  fc.tuple(source, small, small, protocol).map(([s, sp, dp, p]) => ports(s, sp, dp, p)),
  fc.array(fc.tuple(source, small), { minLength: 1, maxLength: 3 }).map((senders) => list(...senders)),
  fc.tuple(fc.array(anySender, { minLength: 1, maxLength: 3 }), fc.constantFrom(17, 50)).map(([senders, p]) => listOf(senders, p)),
  fc.tuple(small, protocol).map(([dp, p]) => wildcard(dp === 2 ? 5004 : dp, p)),
  fc.tuple(small, fc.option(source)).map(([value, s]) => label(value, s ?? undefined)),
  fc.tuple(source, small, fc.constantFrom(50, 51)).map(([s, value, p]) => spi(s, value, p)),
  fc.tuple(small, fc.option(source)).map(([value, s]) => greKey(value, s ?? undefined)),
  fc.tuple(source, fc.constantFrom(1, 47, 50)).map(([s, p]) => protocolOnly(s, p)),
);

describe('overlaps over arbitrary ids', () => {
  test('I18 overlaps is symmetric and equals the naive model', () => {
    fc.assert(fc.property(anyId, anyId, fc.boolean(), (x, y, mixed) => {
      expect(overlaps(x, y, mixed)).toBe(overlaps(y, x, mixed));
      expect(overlaps(x, y, mixed)).toBe(naiveOverlaps(x, y, mixed));
    }), manyRuns);
  });

  test('I18 the index finds exactly what a comparison pair by pair finds, also after some left and the journal was unwound', () => {
    const ids = fc.array(anyId, { minLength: 1, maxLength: 12 });
    fc.assert(fc.property(ids, ids, fc.array(fc.nat(11)), anyId, fc.boolean(), (held, unwound, leave, id, mixed) => {
      const journal = new Journal();
      const index = new OverlapIndex<{ id: FlowId; logicalFlow: string }>(journal, mixed);
      const holdings = held.map((x, i) => ({ id: x, logicalFlow: `${i}` }));
      for (const holding of holdings) index.add(holding);
      const leaving = new Set(leave.flatMap((i) => holdings[i] ?? []));
      for (const holding of leaving) index.delete(holding);
      journal.begin();
      for (const [i, x] of unwound.entries()) index.add({ id: x, logicalFlow: `unwound ${i}` });
      for (const holding of holdings) if (!leaving.has(holding)) index.delete(holding);
      journal.unwind();
      const expected = holdings.filter((holding) => !leaving.has(holding) && overlaps(holding.id, id, mixed));
      expect(new Set(index.overlapping(id, () => true))).toEqual(new Set(expected));
      expect(index.overlapsAny(id, () => true)).toBe(expected.length > 0);
    }), manyRuns);
  });
});
