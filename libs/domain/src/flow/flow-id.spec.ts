import type { Flow, FlowId, Style } from './flow';
import { distinctSenders, flowIdText, isSameStyledFlow, logicalFlowKey, singleSource, styledFlowKey, withTemporary } from './flow-id';

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

  const shared: Flow = { protocol: 17, destinationPort: 5004 };
  const spi: Flow = { correspondentNode: a, protocol: 50, spi: 1 };
  /** By what domain.md §2 says names each: the same name is the same logical flow. */
  const named: readonly (readonly [string, Flow, Style | null])[] = [
    [`FF ${a} 17 5000 5004`, base, 'FF'], [`FF ${a} 17 5000 5004`, base, null], [`FF ${a} 17 5000 5004`, { ...base, flowLabel: 0 }, 'FF'],
    [`FF ${b} 17 5000 5004`, { ...base, correspondentNode: b }, 'FF'], [`FF ${a} 6 5000 5004`, { ...base, protocol: 6 }, 'FF'],
    [`FF ${a} 17 5001 5004`, { ...base, sourcePort: 5001 }, 'FF'], [`FF ${a} 17 5000 5006`, { ...base, destinationPort: 5006 }, 'FF'],
    [`FF ${a} 17 0 0`, { correspondentNode: a, protocol: 17 }, null], [`FF ${a} 17 0 0`, { ...base, sourcePort: 0, destinationPort: 0 }, 'FF'],
    [`label ${a} 1`, { ...base, flowLabel: 1 }, 'FF'], [`label ${a} 1`, { correspondentNode: a, protocol: 6, flowLabel: 1 }, 'FF'],
    [`label ${b} 1`, { ...base, correspondentNode: b, flowLabel: 1 }, 'FF'], [`label ${a} 2`, { ...base, flowLabel: 2 }, 'FF'],
    [`SPI ${a} 50 1`, spi, 'FF'], [`SPI ${a} 50 1`, { ...spi, destinationPort: 9 }, 'FF'], [`SPI ${a} 51 1`, { ...spi, protocol: 51 }, 'FF'],
    [`SPI ${a} 50 2`, { ...spi, spi: 2 }, 'FF'], [`protocol ${a} 50`, { correspondentNode: a, protocol: 50 }, null],
    [`protocol ${a} 1`, { correspondentNode: a, protocol: 1 }, 'FF'], [`protocol ${a} 1`, { correspondentNode: a, protocol: 1, destinationPort: 9 }, null],
    [`protocol ${b} 1`, { correspondentNode: b, protocol: 1 }, 'FF'], [`protocol ${a} 89`, { correspondentNode: a, protocol: 89 }, 'FF'],
    ['SE 17 5004', shared, 'SE'], ['WF 17 5004', shared, 'WF'],
    ['SE 17 5004', { ...shared, senders: [{ correspondentNode: a, sourcePort: 5000 }] }, 'SE'], ['SE 6 5004', { ...shared, protocol: 6 }, 'SE'],
    ['WF 6 5004', { ...shared, protocol: 6 }, 'WF'], ['WF 17 5006', { ...shared, destinationPort: 5006 }, 'WF'], ['SE 17 5006', { ...shared, destinationPort: 5006 }, 'SE'],
  ];
  /** A list and a wildcard are one logical flow. */
  const logical = (name: string): string => name.replace(/^(SE|WF)/, 'shared');
  test.each(named)('%s: the same as every flow that is named so, and as no other', (name, flow, style) => {
    for (const [other, of, otherStyle] of named) {
      const told = `${other} ${JSON.stringify(of)} ${otherStyle}`;
      expect([told, isSameStyledFlow({ flow: of, style: otherStyle }, flow, style)]).toEqual([told, name === other]);
      expect([told, styledFlowKey('mn-1', of, otherStyle) === styledFlowKey('mn-1', flow, style)]).toEqual([told, name === other]);
      expect([told, logicalFlowKey('mn-1', of, otherStyle) === logicalFlowKey('mn-1', flow, style)]).toEqual([told, logical(name) === logical(other)]);
    }
  });
});

describe('the one source of an id (domain.md §2)', () => {
  test.each<[string, FlowId, string | null]>([
    ['a WF has none', { destination, protocol: 17, destinationPort: 5004 }, null],
    ['SE of two ports of one', senders([a, 1], [a, 2]), a],
    ['SE of two has none', senders([a, 1], [b, 1]), null],
    ['a label of one', { source: a, destination, flowLabel: 7 }, a],
    ['a label of any', { destination, flowLabel: 7 }, null],
    ['ports', { source: a, destination, protocol: 17, sourcePort: 1, destinationPort: 2 }, a],
    ['an SPI', { source: a, destination, protocol: 50, spi: 7 }, a],
    ['a key', { source: a, destination, protocol: 47, greKey: 7 }, a],
    ['a protocol', { source: a, destination, protocol: 1 }, a],
  ])('%s', (_, id, source) => {
    expect(singleSource(id)).toBe(source);
    expect(withTemporary(id, { field: 'flowLabel', value: 9 })).toStrictEqual({ ...(source !== null && { source }), destination, flowLabel: 9 });
  });
});

test('senders of a list stand in one order, each once', () => {
  const [first, second, third] = [{ source: a, sourcePort: 1 }, { source: a, sourcePort: 2 }, { source: b, sourcePort: 1 }];
  expect(distinctSenders([third, first, second, third, first])).toEqual([first, second, third]);
});
