import type { Flow, FlowId, TemporaryField } from '../flow/flow';

/** Flow ids as domain.md §2 makes them, for the naive models: nothing in common with flow-id.ts but the shapes. */
export function naiveRequested(flow: Flow, careOfAddress: string, outer: (address: string) => string): FlowId {
  const { correspondentNode, senders, protocol, flowLabel, spi, sourcePort, destinationPort } = flow;
  const to = { destination: careOfAddress };
  if (senders) {
    const once = new Map(senders.map(({ correspondentNode: node, ...by }) => {
      const source = outer(node);
      return [`${source} ${byText(by)}`, { source, ...by }];
    }));
    const list = [...once].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, s]) => s);
    return { ...to, protocol, senders: list, ...(list.some((s) => s.sourcePort !== undefined) && { destinationPort: destinationPort! }) };
  }
  if (correspondentNode === undefined) return { ...to, protocol, destinationPort: destinationPort! };
  const from = { ...to, source: outer(correspondentNode) };
  if (flowLabel !== undefined) return { ...from, flowLabel };
  if (spi !== undefined) return { ...from, protocol, spi };
  return sourcePort === undefined ? { ...from, protocol } : { ...from, protocol, sourcePort, destinationPort: destinationPort! };
}

interface By {
  readonly sourcePort?: number;
  readonly flowLabel?: number;
  readonly spi?: number;
}

/** What tells a sender from others of its source. */
export function byText({ sourcePort, flowLabel, spi }: By): string {
  return flowLabel !== undefined ? `label ${flowLabel}` : spi !== undefined ? `spi ${spi}` : String(sourcePort ?? 'any');
}

/** Each sender once, in one order. */
export function listed(flow: Flow): Flow {
  if (!flow.senders) return flow;
  const once = new Map(flow.senders.map((s) => [`${s.correspondentNode} ${byText(s)}`, s]));
  return { ...flow, senders: [...once].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, sender]) => sender) };
}

/** domain.md §2, the table of fields. */
export function replaceField(requested: FlowId, field: TemporaryField, value: number): FlowId {
  const sources = 'senders' in requested ? [...new Set(requested.senders.map((s) => s.source))] : 'source' in requested ? [requested.source] : [];
  const source = sources.length === 1 && sources[0] !== undefined ? { source: sources[0] } : {};
  if (field === 'flowLabel') return { ...source, destination: requested.destination, flowLabel: value };
  if (field === 'greKey') return { ...source, destination: requested.destination, protocol: 47, greKey: value };
  return { ...requested, [field]: value };
}

interface Naive {
  readonly requested: FlowId;
  readonly temporary: { readonly field: TemporaryField; readonly value: number } | null;
}

/** The id of those senders that the list no longer covers; null where it covers all. */
export function whoLeft({ requested, temporary }: Naive, now: FlowId, effective: FlowId): FlowId | null {
  if (!('senders' in requested) || !('senders' in now)) return null;
  const covered = (s: By & { source: string }): boolean => {
    const isOfSource = 'flowLabel' in effective || 'greKey' in effective;
    if (isOfSource) return effective.source === undefined || now.senders.some((k) => k.source === s.source);
    return now.senders.some((k) => k.source === s.source && byText(k) === byText(s));
  };
  const senders = requested.senders.filter((s) => !covered(s));
  if (senders.length === 0) return null;
  return temporary ? replaceField({ ...requested, senders }, temporary.field, temporary.value) : { ...requested, senders };
}
