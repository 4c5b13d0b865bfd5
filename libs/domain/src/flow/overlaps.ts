import { classify, type ClassifiedFlowId, type FlowId, type FlowIdSender, type GreKeyFlowId, type LabelFlowId, type ProtocolFlowId, type SpiFlowId } from './flow';

/**
 * overlaps(a, b) of domain.md §3: symmetric, for two ids of one scope. `port-zero-conflict` is no overlap and is judged apart.
 * @param mixedClassifiers ids of two kinds overlap when every field that both have is equal
 */
export function overlaps(a: FlowId, b: FlowId, mixedClassifiers = false): boolean {
  const left = classify(a);
  const right = classify(b);
  if (haveSenders(left)) {
    if (haveSenders(right)) return portsOverlap(left, right);
  } else if (left.kind === right.kind) {
    return sameKindOverlaps(left, right.id);
  }
  return mixedClassifiers && sharedFieldsAreEqual(left, right);
}

type PortsLike = Extract<ClassifiedFlowId, { kind: 'ports' | 'senders' | 'wildcard' }>;

function haveSenders(c: ClassifiedFlowId): c is PortsLike {
  return c.kind === 'ports' || c.kind === 'senders' || c.kind === 'wildcard';
}

/** Null: any sender. Port 0 equals only 0 (RFC 2205 §3.2), so plain equality serves. */
function sendersOf(c: PortsLike): readonly FlowIdSender[] | null {
  switch (c.kind) {
    case 'ports':
      return [c.id];
    case 'senders':
      return c.id.senders;
    case 'wildcard':
      return null;
  }
}

function portsOverlap(a: PortsLike, b: PortsLike): boolean {
  if (a.id.protocol !== b.id.protocol || a.id.destinationPort !== b.id.destinationPort) return false;
  const left = sendersOf(a);
  const right = sendersOf(b);
  if (left === null || right === null) return true;
  return left.some((x) => right.some((y) => x.source === y.source && x.sourcePort === y.sourcePort));
}

function sameKindOverlaps(a: Exclude<ClassifiedFlowId, PortsLike>, ofSameKind: FlowId): boolean {
  switch (a.kind) {
    case 'label': {
      const b = ofSameKind as LabelFlowId;
      const oneSource = a.id.source === undefined || b.source === undefined || a.id.source === b.source;
      return oneSource && a.id.flowLabel === b.flowLabel && a.id.flowLabel !== 0;
    }
    case 'spi': {
      const b = ofSameKind as SpiFlowId;
      return a.id.source === b.source && a.id.protocol === b.protocol && a.id.spi === b.spi;
    }
    case 'gre-key': {
      const b = ofSameKind as GreKeyFlowId;
      return a.id.source === b.source && a.id.greKey === b.greKey;
    }
    case 'protocol': {
      const b = ofSameKind as ProtocolFlowId;
      return a.id.source === b.source && a.id.protocol === b.protocol;
    }
  }
}

/** `mixedClassifiers`: compares the fields that both ids have; an id of several senders is compared sender by sender. */
function sharedFieldsAreEqual(a: ClassifiedFlowId, b: ClassifiedFlowId): boolean {
  return expand(a).some((left) =>
    expand(b).some((right) => Object.keys(left).every((field) => !(field in right) || left[field] === right[field])),
  );
}

function expand(c: ClassifiedFlowId): Readonly<Record<string, unknown>>[] {
  if (c.kind !== 'senders') return [{ ...c.id }];
  const { senders, ...rest } = c.id;
  return senders.map((sender) => ({ ...rest, ...sender }));
}
