/**
 * Searches of the pools that are remembered (pool.ts), by the kind of id that is asked for: everything of it but the value that is
 * replaced. What leaves a scope may make a value free for the kinds that it was in the way of.
 */
import { classify, type FlowId, type PortsFlowId, type SingleFlowId, type TemporaryField } from '../flow/flow';
import { singleIdsOf, singleSource } from '../flow/flow-id';
import type { Pool } from './pool';

/** Null: searched anew each time. A list of senders is in the way of more kinds than could be told. */
export function searchKindOf(requested: FlowId, field: TemporaryField): string | null {
  const c = classify(requested);
  switch (field) {
    case 'sourcePort':
      return c.kind === 'ports' ? sourcePortKind(c.id, c.id) : null;
    case 'destinationPort':
      if (c.kind === 'wildcard') return wildcardKind(c.id.protocol);
      return c.kind === 'ports' ? destinationPortKind(c.id.protocol, c.id) : null;
    case 'flowLabel':
      return sourceKind(singleSource(requested));
    case 'greKey':
      // Nobody asks for a key, so that none is refused but those that are out.
      return null;
  }
}

/** What held this id is gone. */
export function tellSearches(pools: Readonly<Record<TemporaryField, Pool>>, id: FlowId): void {
  const { sourcePort, destinationPort, flowLabel } = pools;
  if (!sourcePort.hasSearches && !destinationPort.hasSearches && !flowLabel.hasSearches) return;
  for (const single of singleIdsOf(id)) tellOf(pools, single);
}

function tellOf({ sourcePort, destinationPort, flowLabel }: Readonly<Record<TemporaryField, Pool>>, c: SingleFlowId): void {
  switch (c.kind) {
    case 'ports':
      sourcePort.mayBeFree(sourcePortKind(c.id, c.id), c.id.sourcePort);
      destinationPort.mayBeFree(destinationPortKind(c.id.protocol, c.id), c.id.destinationPort);
      return destinationPort.mayBeFree(wildcardKind(c.id.protocol), c.id.destinationPort);
    case 'wildcard':
      // It was in the way of every sender.
      return destinationPort.mayBeFreeForAll(c.id.destinationPort);
    case 'label':
      if (c.id.source === undefined) return flowLabel.mayBeFreeForAll(c.id.flowLabel);
      flowLabel.mayBeFree(sourceKind(c.id.source), c.id.flowLabel);
      return flowLabel.mayBeFree(sourceKind(null), c.id.flowLabel);
    case 'gre-key':
    case 'spi':
    case 'protocol':
      // In the way of nothing that is searched for.
      return;
  }
}

function sourcePortKind(id: { readonly protocol: number; readonly destinationPort: number }, { source }: PortsFlowId): string {
  return `${id.protocol} ${id.destinationPort} ${source}`;
}

function destinationPortKind(protocol: number, { source, sourcePort }: PortsFlowId): string {
  return `${protocol} ${sourcePort} ${source}`;
}

function wildcardKind(protocol: number): string {
  return `${protocol} *`;
}

function sourceKind(source: string | null): string {
  return source ?? '*';
}
