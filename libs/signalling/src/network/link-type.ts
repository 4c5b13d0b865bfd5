/** Link types of captures (https://www.tcpdump.org/linktypes.html) that are read. */
export const LinkType = {
  NULL: 0,
  ETHERNET: 1,
  PPP: 9,
  RAW_BSD: 12,
  RAW_OPENBSD: 14,
  PPP_HDLC: 50,
  RAW: 101,
  LOOP: 108,
  LINUX_COOKED: 113,
  IPV4: 228,
  IPV6: 229,
  LINUX_COOKED_2: 276,
} as const;

const NO_IP = -1;

/** Offset of the IP header in a frame, or -1: another network protocol, too short, or a link type that is not read. */
export function findIpHeader(linkType: number, bytes: Uint8Array, start: number, end: number): number {
  switch (linkType) {
    case LinkType.ETHERNET:
      return behindEtherType(bytes, start + 12, end);
    case LinkType.LINUX_COOKED:
      return behindEtherType(bytes, start + 14, end);
    case LinkType.LINUX_COOKED_2:
      // The protocol comes first, the header has 20 bytes; a VLAN tag, where there is one, lies behind the header.
      return start + 20 >= end ? NO_IP : behindProtocol(u16(bytes, start), bytes, start + 20, end);
    case LinkType.RAW:
    case LinkType.RAW_BSD:
    case LinkType.RAW_OPENBSD:
    case LinkType.IPV4:
    case LinkType.IPV6:
      return start < end ? start : NO_IP;
    case LinkType.NULL:
    case LinkType.LOOP:
      return start + 4 < end && isInternetFamily(bytes, start) ? start + 4 : NO_IP;
    case LinkType.PPP:
    case LinkType.PPP_HDLC:
      return behindPpp(bytes, start, end);
    default:
      return NO_IP;
  }
}

export function isReadLinkType(linkType: number): boolean {
  return Object.values(LinkType).some((known) => known === linkType);
}

function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

function behindEtherType(bytes: Uint8Array, at: number, end: number): number {
  return at + 2 >= end ? NO_IP : behindProtocol(u16(bytes, at), bytes, at + 2, end);
}

/** `at` lies behind the type. Any number of 802.1Q and 802.1ad tags; a value below 1536 is an 802.3 length: not IP. */
function behindProtocol(protocol: number, bytes: Uint8Array, at: number, end: number): number {
  let type = protocol;
  let position = at;
  while (type === 0x8100 || type === 0x88a8 || type === 0x9100 || type === 0x9200) {
    if (position + 4 >= end) return NO_IP;
    type = u16(bytes, position + 2);
    position += 4;
  }
  return type === 0x0800 || type === 0x86dd ? position : NO_IP;
}

/** The family is 32 bits in the byte order of the capturing host; IPv6 has another number on every BSD. */
function isInternetFamily(bytes: Uint8Array, at: number): boolean {
  const family = bytes[at]! | bytes[at + 3]!;
  return bytes[at + 1] === 0 && bytes[at + 2] === 0 && [2, 10, 24, 28, 30].includes(family);
}

/** RFC 1661, 1662: address and control may be left out, and so may the first byte of a protocol below 256. */
function behindPpp(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  if (at + 2 < end && bytes[at] === 0xff && bytes[at + 1] === 0x03) at += 2;
  if (at + 2 >= end) return NO_IP;
  const protocol = (bytes[at]! & 1) === 1 ? bytes[at]! : u16(bytes, at);
  at += (bytes[at]! & 1) === 1 ? 1 : 2;
  return protocol === 0x21 || protocol === 0x57 ? at : NO_IP;
}
