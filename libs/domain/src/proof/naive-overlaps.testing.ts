import type { FlowId } from '../flow/flow';

type Fields = Readonly<Record<string, unknown>>;
type Kind = 'ports' | 'label' | 'spi' | 'gre-key' | 'no-ports';

/** The table "overlaps(a, b)" of domain.md §3, line by line, for one pair; it knows nothing of keys or indexes. */
export function naiveOverlaps(a: FlowId, b: FlowId, mixedClassifiers: boolean): boolean {
  return flowsOf(a).some((x) => flowsOf(b).some((y) => pairOverlaps(x, y, mixedClassifiers)));
}

function pairOverlaps(x: Fields, y: Fields, mixedClassifiers: boolean): boolean {
  const same = (...names: string[]): boolean => names.every((name) => x[name] === y[name]);
  const anySource = x['source'] === undefined || y['source'] === undefined;
  if (kindOf(x) !== kindOf(y)) {
    return mixedClassifiers && Object.keys(x).every((name) => y[name] === undefined || same(name));
  }
  switch (kindOf(x)) {
    case 'ports':
      return same('protocol', 'destinationPort') && (anySource || same('source', 'sourcePort'));
    case 'label':
      return x['flowLabel'] !== 0 && same('flowLabel') && (anySource || same('source'));
    case 'spi':
      return same('source', 'protocol', 'spi');
    case 'gre-key':
      return same('greKey') && (anySource || same('source'));
    case 'no-ports':
      return same('source', 'protocol');
  }
}

/** An SE list is each of its members: one that a label tells has neither protocol nor port, one that an SPI or its protocol tells no port. */
export function flowsOf(id: FlowId): Fields[] {
  const { senders, ...rest } = id as unknown as Fields & { senders?: readonly Fields[] };
  const { destination, protocol } = rest;
  return senders ? senders.map((sender) => ({ ...('flowLabel' in sender ? { destination } : 'sourcePort' in sender ? rest : { destination, protocol }), ...sender })) : [rest];
}

function kindOf(flow: Fields): Kind {
  if (flow['flowLabel'] !== undefined) return 'label';
  if (flow['spi'] !== undefined) return 'spi';
  if (flow['greKey'] !== undefined) return 'gre-key';
  return flow['destinationPort'] === undefined ? 'no-ports' : 'ports';
}
