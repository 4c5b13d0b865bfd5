import type { Flow, FlowId } from './flow';
import { flowIdText, logicalFlowKey } from './flow-id';

const destination = '198.51.100.1';
const [a, b] = ['192.0.2.7', '192.0.2.8'];
const senders = (...list: (readonly [string, number])[]): FlowId =>
  ({ senders: list.map(([source, sourcePort]) => ({ source, sourcePort })), destination, protocol: 17, destinationPort: 5004 });

describe('the text of a flow id', () => {
  test('is one for one list, whatever the order of its senders', () => {
    expect(flowIdText(senders([a, 1], [b, 2]))).toBe(flowIdText(senders([b, 2], [a, 1])));
  });
  test('is another for every id that routers tell apart', () => {
    const ids: readonly FlowId[] = [
      senders([a, 1]), senders([a, 2]), senders([b, 1]), senders([a, 1], [b, 1]),
      ...[[a, 17, 1], [b, 17, 1], [a, 6, 1], [a, 17, 2]].map(([source, protocol, sourcePort]) =>
        ({ source, destination, protocol, sourcePort, destinationPort: 5004 }) as FlowId),
      ...[[17, 5004], [6, 5004], [17, 5006]].map(([protocol, destinationPort]) => ({ destination, protocol, destinationPort }) as FlowId),
      ...[[a, 7], [b, 7], [a, 8]].map(([source, flowLabel]) => ({ source, destination, flowLabel }) as FlowId), { destination, flowLabel: 7 },
      ...[[a, 50, 7], [b, 50, 7], [a, 51, 7], [a, 50, 8]].map(([source, protocol, spi]) => ({ source, destination, protocol, spi }) as FlowId),
      ...[[a, 7], [b, 7], [a, 8]].map(([source, greKey]) => ({ source, destination, protocol: 47, greKey }) as FlowId),
      ...[[a, 1], [b, 1], [a, 89]].map(([source, protocol]) => ({ source, destination, protocol }) as FlowId),
    ];
    expect(new Set(ids.map(flowIdText)).size).toBe(ids.length);
  });
});

describe('the logical flow (domain.md §2)', () => {
  const base: Flow = { correspondentNode: a, protocol: 17, destinationPort: 5004, sourcePort: 5000 };
  const label: Flow = { correspondentNode: '2001:db8::7', protocol: 17, flowLabel: 1 };

  test.each<[string, Flow, Flow]>([
    ['two labels of one correspondent node', label, { ...label, flowLabel: 2 }],
    ['two SPIs', { correspondentNode: a, protocol: 50, spi: 1 }, { correspondentNode: a, protocol: 50, spi: 2 }],
    ['two source ports', base, { ...base, sourcePort: 5001 }],
    ['two destination ports', base, { ...base, destinationPort: 5006 }],
    ['two protocols without ports', { correspondentNode: a, protocol: 1 }, { correspondentNode: a, protocol: 89 }],
  ])('%s are two', (_, one, another) => {
    expect(logicalFlowKey('mn-1', one, 'FF')).not.toBe(logicalFlowKey('mn-1', another, 'FF'));
  });
  test('one flow of two nodes, and of a node and nobody, are two', () => {
    expect(new Set([logicalFlowKey('mn-1', base, 'FF'), logicalFlowKey('mn-2', base, 'FF'), logicalFlowKey(null, base, 'FF')]).size).toBe(3);
  });
  test.each<[string, Flow, Flow]>([
    ['a destination port beside a label', label, { ...label, destinationPort: 9 }],
    ['a destination port beside an SPI', { correspondentNode: a, protocol: 50, spi: 1 }, { correspondentNode: a, protocol: 50, spi: 1, destinationPort: 9 }],
    ['label 0', base, { ...base, flowLabel: 0 }],
  ])('%s identifies nothing', (_, one, another) => {
    expect(logicalFlowKey('mn-1', one, 'FF')).toBe(logicalFlowKey('mn-1', another, 'FF'));
  });
});
