import type { Flow, Style } from './flow';
import { flowFaults } from './flow-faults';

const v4 = '198.51.100.1';
const v6 = '2001:db8:1::1';
const cn = '192.0.2.7';
const senders = [{ correspondentNode: cn, sourcePort: 1 }];
const full = { correspondentNode: cn, protocol: 17, sourcePort: 5000, destinationPort: 5004 };

describe('which fields of a flow go together', () => {
  test.each<[string, Flow, Style, string, string[]]>([
    ['FF with ports', full, 'FF', v4, []],
    ['FF without a correspondent node', { protocol: 17, sourcePort: 1, destinationPort: 1 }, 'FF', v4, ['/flow/correspondentNode is required: an FF flow has one sender']],
    ['FF without ports', { correspondentNode: cn, protocol: 17 }, 'FF', v4, ['/flow/sourcePort is required: protocol 17 has ports', '/flow/destinationPort is required: protocol 17 has ports']],
    ['FF with no ports in either place', { ...full, sourcePort: 0, destinationPort: 0 }, 'FF', v4, []],
    ['FF with a source port beside the destination port 0', { ...full, destinationPort: 0 }, 'FF', v4, ['/flow/sourcePort must be 0 beside the destination port 0 (RFC 2205 §3.2)']],
    ['FF with senders', { ...full, senders }, 'FF', v4, ['/flow/senders does not belong here: only SE lists senders']],
    ['a label in place of the source port', { correspondentNode: v6, protocol: 17, flowLabel: 7, destinationPort: 5004 }, 'FF', v6, []],
    ['a label beside a source port and an SPI', { correspondentNode: v6, protocol: 17, flowLabel: 7, sourcePort: 1, spi: 1 }, 'FF', v6,
      ['/flow/sourcePort does not belong here: a flow label stands in place of the source port', '/flow/spi does not belong here: a flow has a flow label or an SPI, not both']],
    ['what is no address', { correspondentNode: 'cn', protocol: 17, flowLabel: 7 }, 'FF', v6, ['/flow/correspondentNode must be an IPv6 address, as the care-of address is']],
    ['a label of IPv4', { correspondentNode: cn, protocol: 17, flowLabel: 7 }, 'FF', v4, ['/flow/flowLabel IPv4 has no flow label']],
    ['a label without a correspondent node', { protocol: 17, flowLabel: 7 }, 'FF', v6, ['/flow/correspondentNode is required: an FF flow has one sender']],
    ['ESP by its SPI, with a virtual destination port', { correspondentNode: cn, protocol: 50, spi: 7, destinationPort: 1 }, 'FF', v4, []],
    ['AH by its SPI', { correspondentNode: cn, protocol: 51, spi: 7 }, 'FF', v4, []],
    ['ESP without its SPI', { correspondentNode: cn, protocol: 50 }, 'FF', v4, ['/flow/spi is required: protocol 50 is told by its SPI (RFC 2207)']],
    ['an SPI beside a source port, of a protocol that has none', { correspondentNode: cn, protocol: 17, spi: 7, sourcePort: 1 }, 'FF', v4,
      ['/flow/sourcePort does not belong here: an SPI stands in place of the source port', '/flow/spi protocol 17 has no SPI; ESP is 50, AH is 51']],
    ['ICMP', { correspondentNode: cn, protocol: 1 }, 'FF', v4, []],
    ['ICMP with ports', { ...full, protocol: 1 }, 'FF', v4, ['/flow/sourcePort does not belong here: protocol 1 has no ports', '/flow/destinationPort does not belong here: protocol 1 has no ports']],
    ['SE', { protocol: 17, destinationPort: 5004, senders }, 'SE', v4, []],
    ['SE without senders and port', { protocol: 17 }, 'SE', v4, ['/flow/destinationPort is required: SE names a destination port', '/flow/senders is required: SE lists its senders']],
    ['SE with one sender beside the list', { ...full, flowLabel: 1, spi: 1, senders }, 'SE', v4,
      ['correspondentNode', 'sourcePort', 'flowLabel', 'spi'].map((field) => `/flow/${field} does not belong here: SE lists its senders`)],
    ['SE of a protocol without ports', { protocol: 1, senders: [{ correspondentNode: cn }] }, 'SE', v4, []],
    ['SE with ports of a protocol without', { protocol: 1, destinationPort: 5004, senders }, 'SE', v4,
      ['/flow/destinationPort does not belong here: protocol 1 has no ports', '/flow/senders/0/sourcePort does not belong here: protocol 1 has no ports']],
    ['SE with a sender that nothing tells', { protocol: 17, destinationPort: 5004, senders: [{ correspondentNode: cn }] }, 'SE', v4, ['/flow/senders/0/sourcePort is required: protocol 17 has ports']],
    ['SE by labels and a port', { protocol: 17, destinationPort: 5004, senders: [{ correspondentNode: v6, flowLabel: 5 }, { correspondentNode: v6, sourcePort: 1 }] }, 'SE', v6, []],
    ['SE by labels without a port', { protocol: 17, senders: [{ correspondentNode: v6, flowLabel: 5 }] }, 'SE', v6, ['/flow/destinationPort is required: SE names a destination port']],
    ['SE by a label of IPv4', { protocol: 17, destinationPort: 5004, senders: [{ correspondentNode: cn, flowLabel: 5 }] }, 'SE', v4, ['/flow/senders/0/flowLabel IPv4 has no flow label']],
    ['SE by SPIs, with a virtual destination port and without', { protocol: 50, destinationPort: 9, senders: [{ correspondentNode: cn, spi: 7 }] }, 'SE', v4, []],
    ['SE of ESP without an SPI', { protocol: 50, destinationPort: 9, senders: [{ correspondentNode: cn, spi: 7 }, { correspondentNode: cn }] }, 'SE', v4,
      ['/flow/senders/1/spi is required: protocol 50 is told by its SPI (RFC 2207)']],
    ['SE by a label beside a port and an SPI', { protocol: 17, destinationPort: 1, senders: [{ correspondentNode: v6, flowLabel: 7, sourcePort: 1, spi: 1 }] }, 'SE', v6,
      ['/flow/senders/0/sourcePort does not belong here: a flow label stands in place of the source port', '/flow/senders/0/spi does not belong here: a flow has a flow label or an SPI, not both']],
    ['WF of a protocol without ports', { protocol: 1, destinationPort: 5004 }, 'WF', v4, ['/flow/protocol has no ports; WF needs one of 6, 17, 33, 132, 136']],
    ['WF', { protocol: 6, destinationPort: 5004 }, 'WF', v4, []],
    ['WF with senders', { protocol: 6, destinationPort: 5004, senders }, 'WF', v4, ['/flow/senders does not belong here: WF lets any sender match']],
    ['WF without a port, with a source port', { protocol: 6, sourcePort: 1 }, 'WF', v4,
      ['/flow/sourcePort does not belong here: WF lets any sender match', '/flow/destinationPort is required: WF names a destination port']],
    ['SE with a source port beside the destination port 0', { protocol: 17, destinationPort: 0, senders: [{ correspondentNode: cn, sourcePort: 0 }, ...senders] }, 'SE', v4,
      ['/flow/senders/1/sourcePort must be 0 beside the destination port 0 (RFC 2205 §3.2)']],
    ['SE by SPIs with the virtual destination port 0', { protocol: 50, destinationPort: 0, senders: [{ correspondentNode: cn, spi: 7 }] }, 'SE', v4, []],
    ['SE by labels with the destination port 0', { protocol: 17, destinationPort: 0, senders: [{ correspondentNode: v6, flowLabel: 5 }] }, 'SE', v6, []],
    ['protocol 0', { correspondentNode: cn, protocol: 0 }, 'FF', v4, ['/flow/protocol must not be 0: no packet has it (RFC 2205 A.1)']],
    ['SE of protocol 0', { protocol: 0, senders: [{ correspondentNode: cn }] }, 'SE', v4, ['/flow/protocol must not be 0: no packet has it (RFC 2205 A.1)']],
    ['WF of protocol 0', { protocol: 0, destinationPort: 1 }, 'WF', v4, ['/flow/protocol has no ports; WF needs one of 6, 17, 33, 132, 136']],
    ...['0.0.0.0', '224.1.1.1', '239.255.255.255', '255.255.255.255'].map((address): [string, Flow, Style, string, string[]] =>
      [`from ${address}`, { ...full, correspondentNode: address }, 'FF', v4, ['/flow/correspondentNode must be an address that packets come from: no group, no broadcast, not all zeros']]),
    ...['::', 'ff0e::1'].map((address): [string, Flow, Style, string, string[]] =>
      [`from ${address}`, { ...full, correspondentNode: address }, 'FF', v6, ['/flow/correspondentNode must be an address that packets come from: no group, no broadcast, not all zeros']]),
    ['SE with a sender that is a group', { protocol: 17, destinationPort: 1, senders: [...senders, { correspondentNode: '224.0.0.1', sourcePort: 1 }] }, 'SE', v4,
      ['/flow/senders/1/correspondentNode must be an address that packets come from: no group, no broadcast, not all zeros']],
    ['another family than the care-of address', full, 'FF', v6, ['/flow/correspondentNode must be an IPv6 address, as the care-of address is']],
    ['a sender of another family', { protocol: 17, destinationPort: 5004, senders: [{ correspondentNode: v6, sourcePort: 1 }, ...senders] }, 'SE', v4,
      ['/flow/senders/0/correspondentNode must be an IPv4 address, as the care-of address is']],
  ])('%s', (_, flow, style, careOfAddress, expected) => {
    expect(flowFaults(flow, style, careOfAddress).map(({ pointer, detail }) => `${pointer} ${detail}`)).toEqual(expected);
  });
});
