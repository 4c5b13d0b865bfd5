import { isIpv6 } from './address';
import {
  classify, selectorOf, sessionPortOf, toldBy, toldByText,
  type ClassifiedFlowId, type Flow, type FlowId, type FlowIdSender, type Selector, type SendersFlowId, type SingleFlowId, type Style, type TemporaryFlowId,
} from './flow';

/**
 * The requested flow id: the logical flow without the mobile node, its address replaced by the care-of address (domain.md §2).
 * @param outerSource the source that routers see for a correspondent node: itself, or the home agent, by policy
 */
export function requestedFlowId(
  flow: Flow,
  style: Style | null,
  careOfAddress: string,
  outerSource: (correspondentNode: string) => string,
): FlowId {
  const destination = careOfAddress;
  const { protocol } = flow;
  if (style === 'WF') return { destination, protocol, destinationPort: flow.destinationPort! };
  if (style === 'SE') {
    const senders = distinctSenders(flow.senders!.map((sender) => ({ source: outerSource(sender.correspondentNode), ...toldBy(sender) })));
    const hasPort = senders.some(({ sourcePort }) => sourcePort !== undefined);
    return { senders, destination, protocol, ...(hasPort && { destinationPort: flow.destinationPort! }) };
  }
  const source = outerSource(flow.correspondentNode!);
  const selector = selectorOf(flow);
  switch (selector.kind) {
    case 'label':
      return { source, destination, flowLabel: selector.flowLabel };
    case 'spi':
      return { source, destination, protocol, spi: selector.spi };
    case 'ports':
      return { source, destination, protocol, sourcePort: selector.sourcePort, destinationPort: selector.destinationPort };
    case 'protocol':
      return { source, destination, protocol };
  }
}

/** Two correspondent nodes behind one home agent may become one outer source. Sorted: the order of a list identifies nothing. */
export function distinctSenders<S extends FlowIdSender>(senders: readonly S[]): S[] {
  const byKey = new Map(senders.map((sender) => [`${sender.source} ${toldByText(sender)}`, sender]));
  return [...byKey].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sender]) => sender);
}

/** A list is each of its senders, by whatever that one is told (domain.md §3). */
export function singleIdsOf(id: FlowId): readonly SingleFlowId[] {
  const c = classify(id);
  return c.kind === 'senders' ? c.id.senders.map((sender) => idOfSender(c.id, sender)) : [c];
}

export function idOfSender({ destination, protocol, destinationPort = 0 }: SendersFlowId, { source, sourcePort, flowLabel, spi }: FlowIdSender): SingleFlowId {
  if (flowLabel !== undefined) return { kind: 'label', id: { source, destination, flowLabel } };
  if (spi !== undefined) return { kind: 'spi', id: { source, destination, protocol, spi } };
  if (sourcePort === undefined) return { kind: 'protocol', id: { source, destination, protocol } };
  return { kind: 'ports', id: { source, destination, protocol, sourcePort, destinationPort } };
}

/** The requested id with one field replaced, by the table of domain.md §2. */
export function withTemporary(requested: FlowId, temporary: TemporaryFlowId): FlowId {
  const { value } = temporary;
  switch (temporary.field) {
    case 'sourcePort':
      return { ...(requested as FlowId & { sourcePort: number }), sourcePort: value };
    case 'destinationPort':
      return { ...(requested as FlowId & { destinationPort: number }), destinationPort: value };
    case 'flowLabel':
      return { ...sourceOf(requested), destination: requested.destination, flowLabel: value };
    case 'greKey':
      return { ...sourceOf(requested), destination: requested.destination, protocol: 47, greKey: value };
  }
}

function sourceOf(id: FlowId): { readonly source?: string } {
  const source = singleSource(id);
  return source === null ? {} : { source };
}

/** Null where there is no single source: WF, SE of several, a label or a key without a source. */
export function singleSource(id: FlowId): string | null {
  const classified = classify(id);
  switch (classified.kind) {
    case 'wildcard':
      return null;
    case 'senders': {
      const sources = new Set(classified.id.senders.map((sender) => sender.source));
      return sources.size === 1 ? classified.id.senders[0]!.source : null;
    }
    case 'label':
    case 'gre-key':
      return classified.id.source ?? null;
    case 'ports':
    case 'spi':
    case 'protocol':
      return classified.id.source;
  }
}

/**
 * Which field a temporary id of this requested id replaces: the first by which it can be told apart from what is held (domain.md §2,
 * ADR 0011). Only with `mixedClassifiers`, or where a WF that is temporary itself asked for the port, is it not the first of all.
 */
export function temporaryFieldsOf(requested: FlowId): readonly TemporaryFlowId['field'][] {
  const fields = fieldsOfKind(classify(requested));
  return isIpv6(requested.destination) ? fields.labelled : fields.plain;
}

const ofSourcePort = { plain: ['sourcePort', 'destinationPort'], labelled: ['flowLabel', 'sourcePort', 'destinationPort'] } as const;
const ofDestinationPort = { plain: ['destinationPort'], labelled: ['flowLabel', 'destinationPort'] } as const;
const ofKey = { plain: ['greKey'], labelled: ['flowLabel', 'greKey'] } as const;

function fieldsOfKind({ kind, id }: ClassifiedFlowId): typeof ofSourcePort | typeof ofDestinationPort | typeof ofKey {
  switch (kind) {
    case 'ports':
      return ofSourcePort;
    case 'senders':
      return id.destinationPort === undefined ? ofKey : ofDestinationPort;
    case 'wildcard':
      return ofDestinationPort;
    case 'label':
    case 'spi':
    case 'gre-key':
    case 'protocol':
      return ofKey;
  }
}

/** One text for one id, whatever the order of its fields and senders. */
export function flowIdText(id: FlowId): string {
  const c = classify(id);
  switch (c.kind) {
    case 'ports':
      return `ports ${c.id.source} ${c.id.protocol} ${c.id.sourcePort} ${c.id.destinationPort}`;
    case 'senders':
      return `senders ${c.id.senders.map((s) => `${s.source} ${toldByText(s)}`).sort().join(',')} ${c.id.protocol} ${c.id.destinationPort ?? ''}`;
    case 'wildcard':
      return `wildcard ${c.id.protocol} ${c.id.destinationPort}`;
    case 'label':
      return `label ${c.id.source ?? '*'} ${c.id.flowLabel}`;
    case 'spi':
      return `spi ${c.id.source} ${c.id.protocol} ${c.id.spi}`;
    case 'gre-key':
      return `gre-key ${c.id.source ?? '*'} ${c.id.greKey}`;
    case 'protocol':
      return `protocol ${c.id.source} ${c.id.protocol}`;
  }
}

/**
 * Names the QoS session (domain.md §2): the same logical flow again is a refresh or a change, never a match.
 * A session of no known node has the empty node.
 */
export function logicalFlowKey(mobileNode: string | null, flow: Flow, style: Style | null): string {
  if (flow !== named.flow || mobileNode !== named.mobileNode || style !== named.style) {
    named = { mobileNode, flow, style, key: keyOfLogicalFlow(mobileNode ?? '', flow, style) };
  }
  return named.key;
}

/** Names what is told of one flow in one style: a list and a wildcard are one logical flow, but what a RESV of the one asks is not of the other. */
export function styledFlowKey(mobileNode: string | null, flow: Flow, style: Style | null): string {
  return isShared(style) ? `${style} ${flow.protocol} ${sessionPortOf(flow)} ${mobileNode ?? ''}` : logicalFlowKey(mobileNode, flow, style);
}

/** Whether a session is this one of the same node's, as {@link styledFlowKey} would say; no text is made for it. */
export function isSameStyledFlow(known: { readonly flow: Flow; readonly style: Style | null }, flow: Flow, style: Style | null): boolean {
  if (isShared(known.style) || isShared(style)) {
    return known.style === style && known.flow.protocol === flow.protocol && sessionPortOf(known.flow) === sessionPortOf(flow);
  }
  if (known.flow.correspondentNode !== flow.correspondentNode) return false;
  const [a, b] = [selectorOf(known.flow), selectorOf(flow)];
  if (a.kind === 'label' || b.kind === 'label') return a.kind === b.kind && known.flow.flowLabel === flow.flowLabel;
  if (known.flow.protocol !== flow.protocol || a.kind !== b.kind) return false;
  return (a.kind !== 'spi' || known.flow.spi === flow.spi) && (a.kind !== 'ports' || isSamePorts(a, b as typeof a));
}

function isSamePorts(a: Ports, b: Ports): boolean {
  return a.sourcePort === b.sourcePort && a.destinationPort === b.destinationPort;
}

type Ports = Extract<Selector, { readonly kind: 'ports' }>;

function isShared(style: Style | null): boolean {
  return style === 'SE' || style === 'WF';
}

/** A decision asks three times for the key of one flow: what was named last is remembered. */
let named: { readonly mobileNode: string | null; readonly flow: Flow | null; readonly style: Style | null; readonly key: string } = {
  mobileNode: null, flow: null, style: null, key: '',
};

function keyOfLogicalFlow(node: string, flow: Flow, style: Style | null): string {
  if (isShared(style)) return `shared ${flow.protocol} ${sessionPortOf(flow)} ${node}`;
  const selector = selectorOf(flow);
  switch (selector.kind) {
    case 'label':
      return `label ${flow.correspondentNode} ${selector.flowLabel} ${node}`;
    case 'spi':
      return `spi ${flow.correspondentNode} ${flow.protocol} ${selector.spi} ${node}`;
    case 'ports':
      return `ports ${flow.correspondentNode} ${flow.protocol} ${selector.sourcePort} ${selector.destinationPort} ${node}`;
    case 'protocol':
      return `protocol ${flow.correspondentNode} ${flow.protocol} ${node}`;
  }
}
