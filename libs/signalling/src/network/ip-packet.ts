/** What the headers of an IP packet, IPv4 or IPv6, say of its payload. */
export interface IpPacket {
  readonly version: 4 | 6;
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  /** Protocol of the payload, behind all extension headers. */
  readonly protocol: number;
  /** Offset of the payload in the frame. */
  readonly payloadStart: number;
  /** Its end as captured. */
  readonly payloadEnd: number;
  /** Bytes that the header claims and the capture does not have (a snap length, or a lie). */
  readonly missingBytes: number;
  /** Null: not fragmented. `offset` in bytes. */
  readonly fragment: { readonly offset: number; readonly more: boolean } | null;
  readonly routerAlert: boolean;
  /** Source routing replaces the destination on the way, so checksums over addresses cannot be judged. */
  readonly sourceRouted: boolean;
}
