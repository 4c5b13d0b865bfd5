import type { ByteReader } from '../byte-reader';
import { ByteWriter } from '../byte-writer';
import { formatIpAddress, isIpv6Text, parseIpAddress } from '../ip-address';
import type { RsvpObject, RsvpSender } from '../messages';
import type { RsvpClass } from './rsvp-class';
import { rsvpObject } from './rsvp-object';

/**
 * FILTER_SPEC and SENDER_TEMPLATE, which have one layout: RFC 2205 A.9, A.10 (1 and 2: port, 3: IPv6 flow label), RFC 2207
 * §3.2, §3.3 (4 and 5: SPI), RFC 3209 §4.6.2 and RFC 4875 (7, 8, 12, 13: LSP tunnel, no selector).
 */
const layouts = new Map<number, { readonly addressLength: 4 | 16; readonly selector: 'port' | 'label' | 'spi' | 'lsp' }>([
  [1, { addressLength: 4, selector: 'port' }],
  [2, { addressLength: 16, selector: 'port' }],
  [3, { addressLength: 16, selector: 'label' }],
  [4, { addressLength: 4, selector: 'spi' }],
  [5, { addressLength: 16, selector: 'spi' }],
  [7, { addressLength: 4, selector: 'lsp' }],
  [8, { addressLength: 16, selector: 'lsp' }],
  [12, { addressLength: 4, selector: 'lsp' }],
  [13, { addressLength: 16, selector: 'lsp' }],
]);

/** Null for a C-type that names no sender that can be read. */
export function readSender(cType: number, body: ByteReader): RsvpSender | null {
  const layout = layouts.get(cType);
  if (layout === undefined) return null;
  const source = formatIpAddress(body.bytes(layout.addressLength, 'sender address'));
  const word = body.u32('sender selector');
  switch (layout.selector) {
    case 'port':
      return { source, sourcePort: word & 0xffff, flowLabel: null, spi: null };
    case 'label':
      return { source, sourcePort: null, flowLabel: word & 0xff_ffff, spi: null };
    case 'spi':
      return { source, sourcePort: null, flowLabel: null, spi: word };
    case 'lsp':
      return { source, sourcePort: null, flowLabel: null, spi: null };
  }
}

export function senderObject(
  classNumber: typeof RsvpClass.filterSpec | typeof RsvpClass.senderTemplate,
  sender: RsvpSender,
): RsvpObject {
  const ipv6 = isIpv6Text(sender.source);
  const body = new ByteWriter(20).bytes(parseIpAddress(sender.source));
  if (sender.sourcePort !== null) {
    return rsvpObject(classNumber, ipv6 ? 2 : 1, body.u16(0).u16(sender.sourcePort).finish());
  }
  if (sender.spi !== null) return rsvpObject(classNumber, ipv6 ? 5 : 4, body.u32(sender.spi).finish());
  if (sender.flowLabel === null || !ipv6) throw new RangeError('a sender has a port, an SPI or (IPv6) a flow label');
  if (sender.flowLabel > 0xff_ffff) throw new RangeError(`flow label ${sender.flowLabel} does not fit its 24 bits`);
  return rsvpObject(classNumber, 3, body.u32(sender.flowLabel).finish());
}
