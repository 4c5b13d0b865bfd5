/** Protocol numbers that lead to signalling. */
export const IpProtocol = {
  HOP_BY_HOP: 0,
  ICMP: 1,
  IPV4: 4,
  TCP: 6,
  UDP: 17,
  IPV6: 41,
  ROUTING: 43,
  FRAGMENT: 44,
  RSVP: 46,
  GRE: 47,
  AUTHENTICATION: 51,
  MINIMAL_ENCAPSULATION: 55,
  DESTINATION_OPTIONS: 60,
} as const;

export const UdpPort = {
  /** RFC 2746 §6.1. */
  RSVP_TUNNEL: 363,
  MOBILE_IP: 434,
  /** RFC 2205 appendix C: Pu and Pu′. */
  RSVP_ENCAPSULATION: 1698,
  RSVP_ENCAPSULATION_2: 1699,
} as const;

/** RFC 3519 §4: type of a Mobile IP message that is an IP packet. */
export const MOBILE_IP_TUNNEL_DATA = 4;

export const IcmpType = { ROUTER_ADVERTISEMENT: 9, ROUTER_SOLICITATION: 10 } as const;

/** RFC 2784, 2890: flag bits of the first 16. */
export const GreFlag = { CHECKSUM: 0x8000, ROUTING: 0x4000, KEY: 0x2000, SEQUENCE: 0x1000, VERSION: 0x0007 } as const;

export const EtherType = { IPV4: 0x0800, IPV6: 0x86dd } as const;

/** Tunnels in tunnels are followed this deep. */
export const MAXIMUM_TUNNELS = 8;

/** Extension headers of one IPv6 packet. */
export const MAXIMUM_EXTENSION_HEADERS = 16;
