import { classify, type ClassifiedFlowId, type FlowId, type FlowIdSender } from './flow';

/**
 * overlaps(a, b) of domain.md §3: symmetric, for two ids of one scope. `port-zero-conflict` is no overlap and is judged apart.
 * @param mixedClassifiers ids of two kinds overlap when every field that both have is equal
 */
export function overlaps(a: FlowId, b: FlowId, mixedClassifiers = false): boolean {
  const left = classify(a);
  const right = classify(b);
  if (haveSenders(left) && haveSenders(right)) return portsOverlap(left, right);
  if (left.kind === right.kind) return sameKindOverlaps(left, right);
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

function sameKindOverlaps(a: ClassifiedFlowId, b: ClassifiedFlowId): boolean {
  if (a.kind === 'label' && b.kind === 'label') {
    const oneSource = a.id.source === undefined || b.id.source === undefined || a.id.source === b.id.source;
    return oneSource && a.id.flowLabel === b.id.flowLabel && a.id.flowLabel !== 0;
  }
  if (a.kind === 'spi' && b.kind === 'spi') {
    return a.id.source === b.id.source && a.id.protocol === b.id.protocol && a.id.spi === b.id.spi;
  }
  if (a.kind === 'gre-key' && b.kind === 'gre-key') return a.id.source === b.id.source && a.id.greKey === b.id.greKey;
  if (a.kind === 'protocol' && b.kind === 'protocol') return a.id.source === b.id.source && a.id.protocol === b.id.protocol;
  return false;
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
