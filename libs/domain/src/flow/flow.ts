/**
 * Flows, as they are asked for and as routers see them. Field names are those of the outside (one vocabulary), addresses are in
 * canonical text (RFC 5952). Source means the outer source throughout: the correspondent node or the home agent, by policy.
 */

/** RSVP reservation styles, RFC 2205 §1.3. */
export type Style = 'FF' | 'SE' | 'WF';

/** IntServ services, RFC 2211 and RFC 2212. */
export type Service = 'controlled-load' | 'guaranteed';

/** A 32-bit float of the wire, to the bit: what JSON has no number for is its text. */
export type WireFloat = number | 'Infinity' | '-Infinity' | 'NaN' | '-0';

/**
 * RFC 2215 token bucket: r, p in bytes/s; b, m, M in bytes. A commanded one has numbers and, as its peak, perhaps "Infinity"; an
 * observed one stands as it was seen.
 */
export interface Tspec {
  readonly r: WireFloat;
  readonly b: WireFloat;
  readonly p: WireFloat;
  readonly m: number;
  readonly M: number;
}

/** One that an SE reservation names, told as a flow of its own is: by port, flow label or SPI, or by nothing of them where the protocol has none. */
export interface FlowSender {
  readonly correspondentNode: string;
  readonly sourcePort?: number;
  readonly flowLabel?: number;
  readonly spi?: number;
}

/**
 * What a session is asked for, without the mobile node. Which fields are there says which kind it is: FF with ports, with a flow
 * label or an SPI in place of the source port, without ports (protocols that have none); SE with senders; WF with neither.
 */
export interface Flow {
  readonly correspondentNode?: string;
  readonly protocol: number;
  readonly destinationPort?: number;
  readonly sourcePort?: number;
  readonly flowLabel?: number;
  readonly spi?: number;
  readonly senders?: readonly FlowSender[];
}

export interface FlowIdSender {
  readonly source: string;
  readonly sourcePort?: number;
  readonly flowLabel?: number;
  readonly spi?: number;
}

/** FF with ports. */
export interface PortsFlowId {
  readonly source: string;
  readonly destination: string;
  readonly protocol: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
}
/** SE: any of the senders, each by what tells it. */
export interface SendersFlowId {
  readonly senders: readonly FlowIdSender[];
  readonly destination: string;
  readonly protocol: number;
  /** Absent where no sender is told by its port: then it identifies nothing. */
  readonly destinationPort?: number;
}
/** WF: any sender. */
export interface WildcardFlowId {
  readonly destination: string;
  readonly protocol: number;
  readonly destinationPort: number;
}
/** RFC 3697; without a source where there is no single one. */
export interface LabelFlowId {
  readonly source?: string;
  readonly destination: string;
  readonly flowLabel: number;
}
/** RFC 2207: ESP and AH. */
export interface SpiFlowId {
  readonly source: string;
  readonly destination: string;
  readonly protocol: number;
  readonly spi: number;
}
/** RFC 2890 and RFC 5845; without a source where there is no single one. */
export interface GreKeyFlowId {
  readonly source?: string;
  readonly destination: string;
  readonly protocol: 47;
  readonly greKey: number;
}
/** Protocols without ports. */
export interface ProtocolFlowId {
  readonly source: string;
  readonly destination: string;
  readonly protocol: number;
}

/** What routers see (the effective id), or would see (the requested id). `destination` is the care-of address. */
export type FlowId =
  | PortsFlowId
  | SendersFlowId
  | WildcardFlowId
  | LabelFlowId
  | SpiFlowId
  | GreKeyFlowId
  | ProtocolFlowId;

/** A flow id with its kind told; the kind is derived from the fields and never stored. */
export type ClassifiedFlowId =
  | { readonly kind: 'ports'; readonly id: PortsFlowId }
  | { readonly kind: 'senders'; readonly id: SendersFlowId }
  | { readonly kind: 'wildcard'; readonly id: WildcardFlowId }
  | { readonly kind: 'label'; readonly id: LabelFlowId }
  | { readonly kind: 'spi'; readonly id: SpiFlowId }
  | { readonly kind: 'gre-key'; readonly id: GreKeyFlowId }
  | { readonly kind: 'protocol'; readonly id: ProtocolFlowId };

/** One that is not a list. */
export type SingleFlowId = Exclude<ClassifiedFlowId, { readonly kind: 'senders' }>;

export function classify(id: FlowId): ClassifiedFlowId {
  if ('senders' in id) return { kind: 'senders', id };
  if ('flowLabel' in id) return { kind: 'label', id };
  if ('spi' in id) return { kind: 'spi', id };
  if ('greKey' in id) return { kind: 'gre-key', id };
  if ('sourcePort' in id) return { kind: 'ports', id };
  if ('destinationPort' in id) return { kind: 'wildcard', id };
  return { kind: 'protocol', id };
}

/** The field that a temporary flow id replaces (domain.md §2). */
export type TemporaryField = 'sourcePort' | 'destinationPort' | 'flowLabel' | 'greKey';

export interface TemporaryFlowId {
  readonly field: TemporaryField;
  readonly value: number;
}

/** TCP, UDP, DCCP, SCTP, UDP-Lite. */
const protocolsWithPorts: ReadonlySet<number> = new Set([6, 17, 33, 132, 136]);
/** ESP and AH, RFC 2207 §3. */
const protocolsWithSpi: ReadonlySet<number> = new Set([50, 51]);

export function hasPorts(protocol: number): boolean {
  return protocolsWithPorts.has(protocol);
}

export function hasSpi(protocol: number): boolean {
  return protocolsWithSpi.has(protocol);
}

/** What tells the flow of one sender from another: whatever else is beside it is kept and shown but identifies nothing. */
export type Selector =
  | { readonly kind: 'label'; readonly flowLabel: number }
  | { readonly kind: 'spi'; readonly spi: number }
  | { readonly kind: 'ports'; readonly sourcePort: number; readonly destinationPort: number }
  | { readonly kind: 'protocol' };

/** Label 0 is no label (RFC 6437 §2): such a flow falls back to its ports; an observed one may have none and then has port 0. */
export function selectorOf(flow: Flow): Selector {
  const { protocol, flowLabel, spi, sourcePort = 0, destinationPort = 0 } = flow;
  if (flowLabel !== undefined && flowLabel !== 0) return { kind: 'label', flowLabel };
  if (spi !== undefined) return { kind: 'spi', spi };
  return hasPorts(protocol) ? { kind: 'ports', sourcePort, destinationPort } : { kind: 'protocol' };
}

/** Whether the flow is this sender's, or its list names it. */
export function sends(flow: Flow, sender: Partial<FlowSender>): boolean {
  return flow.senders ? flow.senders.some((named) => isSameSender(named, sender)) : isSameSender(flow, sender);
}

export function isSameSender(a: Partial<FlowSender>, b: Partial<FlowSender>): boolean {
  return a.correspondentNode === b.correspondentNode && a.sourcePort === b.sourcePort && a.flowLabel === b.flowLabel && a.spi === b.spi;
}

/** Whose the flow of one sender is. */
export function senderOf(flow: Flow): FlowSender {
  const told: Told & { readonly kind: Selector['kind'] } = selectorOf(flow);
  return { correspondentNode: flow.correspondentNode!, ...toldBy(told) };
}

type Told = Omit<FlowSender, 'correspondentNode'>;

/** What tells a sender from others of its source, without whatever is not there. */
export function toldBy({ sourcePort, flowLabel, spi }: Told): Told {
  return { ...(sourcePort !== undefined && { sourcePort }), ...(flowLabel !== undefined && { flowLabel }), ...(spi !== undefined && { spi }) };
}

/** The same as one text. */
export function toldByText({ sourcePort, flowLabel, spi }: Told): string {
  if (flowLabel !== undefined) return `label ${flowLabel}`;
  if (spi !== undefined) return `spi ${spi}`;
  return sourcePort === undefined ? 'any' : String(sourcePort);
}

/**
 * Another destination port than the same flow has beside its label or SPI, where that is told; undefined: none. Ports tell flows apart, and their
 * lists name each.
 */
export function otherPortOf(known: Flow, { destinationPort }: Flow): number | undefined {
  return destinationPort === known.destinationPort || known.senders ? undefined : destinationPort;
}

/**
 * The destination port of the RSVP session that the flow is of, be it told by a label or an SPI. Protocols without ports have 0 there; null:
 * one that was commanded by its label without.
 */
export function sessionPortOf({ protocol, destinationPort }: Flow): number | null {
  return destinationPort ?? (hasPorts(protocol) ? null : 0);
}
