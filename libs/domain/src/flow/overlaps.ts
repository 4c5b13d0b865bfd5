import type { FlowId, GreKeyFlowId, LabelFlowId, PortsFlowId, ProtocolFlowId, SingleFlowId, SpiFlowId } from './flow';
import { singleIdsOf } from './flow-id';

/**
 * overlaps(a, b) of domain.md §3: symmetric, for two ids of one scope. `port-zero-conflict` is no overlap and is judged apart.
 * @param mixedClassifiers ids of two kinds overlap when every field that both have is equal
 */
export function overlaps(a: FlowId, b: FlowId, mixedClassifiers = false): boolean {
  const others = singleIdsOf(b);
  return singleIdsOf(a).some((left) => others.some((right) => singleIdsOverlap(left, right, mixedClassifiers)));
}

function singleIdsOverlap(left: SingleFlowId, right: SingleFlowId, mixedClassifiers: boolean): boolean {
  if (isOfPorts(left)) {
    if (isOfPorts(right)) return portsOverlap(left, right);
  } else if (left.kind === right.kind) {
    return sameKindOverlaps(left, right.id);
  }
  return mixedClassifiers && sharedFieldsAreEqual(left.id, right.id);
}

type PortsLike = Extract<SingleFlowId, { kind: 'ports' | 'wildcard' }>;

function isOfPorts(c: SingleFlowId): c is PortsLike {
  return c.kind === 'ports' || c.kind === 'wildcard';
}

/** A wildcard is any sender's. Port 0 equals only 0 (RFC 2205 §3.2), so plain equality serves. */
function portsOverlap(a: PortsLike, b: PortsLike): boolean {
  if (a.id.protocol !== b.id.protocol || a.id.destinationPort !== b.id.destinationPort) return false;
  return a.kind === 'wildcard' || b.kind === 'wildcard' || isSameSource(a.id, b.id);
}

function isSameSource(a: PortsFlowId, b: PortsFlowId): boolean {
  return a.source === b.source && a.sourcePort === b.sourcePort;
}

function sameKindOverlaps(a: Exclude<SingleFlowId, PortsLike>, ofSameKind: FlowId): boolean {
  switch (a.kind) {
    case 'label': {
      const b = ofSameKind as LabelFlowId;
      return mayBeOneSource(a.id, b) && a.id.flowLabel === b.flowLabel && a.id.flowLabel !== 0;
    }
    case 'spi': {
      const b = ofSameKind as SpiFlowId;
      return a.id.source === b.source && a.id.protocol === b.protocol && a.id.spi === b.spi;
    }
    case 'gre-key': {
      const b = ofSameKind as GreKeyFlowId;
      return mayBeOneSource(a.id, b) && a.id.greKey === b.greKey;
    }
    case 'protocol': {
      const b = ofSameKind as ProtocolFlowId;
      return a.id.source === b.source && a.id.protocol === b.protocol;
    }
  }
}

/** Without a source it is any source's. */
function mayBeOneSource(a: LabelFlowId | GreKeyFlowId, b: LabelFlowId | GreKeyFlowId): boolean {
  return a.source === undefined || b.source === undefined || a.source === b.source;
}

/** `mixedClassifiers`: compares the fields that both ids have. */
function sharedFieldsAreEqual(a: FlowId, b: FlowId): boolean {
  const [left, right]: Readonly<Record<string, unknown>>[] = [{ ...a }, { ...b }];
  return Object.keys(left!).every((field) => !(field in right!) || left![field] === right![field]);
}
