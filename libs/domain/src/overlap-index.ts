import { classify, type FlowId } from './flow';
import { JournaledIndex, type Journal } from './journal';
import { overlaps } from './overlaps';

/** Something that holds a flow id: a session, a requested id, a quarantine entry. */
export interface Holding {
  readonly id: FlowId;
  /** The logical flow that it belongs to. */
  readonly logicalFlow: string;
}

/**
 * Finds the holdings that overlap an id without looking at the others: one or two look-ups for each sender of the id. With
 * `mixedClassifiers` an id may overlap whatever shares a source with it or has none: those are compared pair by pair.
 */
export class OverlapIndex<H extends Holding> {
  private readonly index: JournaledIndex<string, H>;

  constructor(
    journal: Journal,
    private readonly mixedClassifiers: boolean,
  ) {
    this.index = new JournaledIndex(journal);
  }

  add(holding: H): void {
    for (const key of this.keysOf(holding.id)) this.index.add(key, holding);
  }

  delete(holding: H): void {
    for (const key of this.keysOf(holding.id)) this.index.delete(key, holding);
  }

  /** Holdings that overlap `id` and pass `counts`, each once. */
  overlapping(id: FlowId, counts: (holding: H) => boolean): H[] {
    const found = new Set<H>();
    for (const holding of this.candidates(id)) if (counts(holding)) found.add(holding);
    return [...found];
  }

  overlapsAny(id: FlowId, counts: (holding: H) => boolean): boolean {
    for (const holding of this.candidates(id)) if (counts(holding)) return true;
    return false;
  }

  private *candidates(id: FlowId): Generator<H> {
    for (const key of this.mixedClassifiers ? mixedKeysTo(id) : keysTo(id)) {
      for (const holding of this.index.get(key) ?? []) {
        if (!this.mixedClassifiers || overlaps(id, holding.id, true)) yield holding;
      }
    }
  }

  private keysOf(id: FlowId): string[] {
    return this.mixedClassifiers ? [...keysOf(id), ...sourceKeysOf(id), 'all'] : keysOf(id);
  }
}

/** Keys under which an id is found: its own, and those of the groups that a query without a source looks at. */
function keysOf(id: FlowId): string[] {
  const c = classify(id);
  switch (c.kind) {
    case 'ports': {
      const group = `${c.id.protocol} ${c.id.destinationPort}`;
      return [`ports ${group} ${c.id.source} ${c.id.sourcePort}`, `any ${group}`];
    }
    case 'senders': {
      const group = `${c.id.protocol} ${c.id.destinationPort}`;
      return [...c.id.senders.map((sender) => `ports ${group} ${sender.source} ${sender.sourcePort}`), `any ${group}`];
    }
    case 'wildcard': {
      const group = `${c.id.protocol} ${c.id.destinationPort}`;
      return [`wildcard ${group}`, `any ${group}`];
    }
    case 'label':
      return [`label ${c.id.flowLabel} ${c.id.source ?? '*'}`, `label ${c.id.flowLabel}`];
    case 'spi':
      return [`spi ${c.id.protocol} ${c.id.spi} ${c.id.source}`];
    case 'gre-key':
      return [`gre-key ${c.id.greKey} ${c.id.source}`];
    case 'protocol':
      return [`protocol ${c.id.protocol} ${c.id.source}`];
  }
}

function sourceKeysOf(id: FlowId): string[] {
  if ('senders' in id) return [...new Set(id.senders.map((sender) => `source ${sender.source}`))];
  return [`source ${'source' in id ? id.source : '*'}`];
}

/** Keys that exactly the overlapping holdings of the same kind share. */
function keysTo(id: FlowId): string[] {
  const c = classify(id);
  switch (c.kind) {
    case 'ports': {
      const group = `${c.id.protocol} ${c.id.destinationPort}`;
      return [`ports ${group} ${c.id.source} ${c.id.sourcePort}`, `wildcard ${group}`];
    }
    case 'senders': {
      const group = `${c.id.protocol} ${c.id.destinationPort}`;
      return [...c.id.senders.map((sender) => `ports ${group} ${sender.source} ${sender.sourcePort}`), `wildcard ${group}`];
    }
    case 'wildcard':
      return [`any ${c.id.protocol} ${c.id.destinationPort}`];
    case 'label':
      if (c.id.flowLabel === 0) return [];
      return c.id.source === undefined
        ? [`label ${c.id.flowLabel}`]
        : [`label ${c.id.flowLabel} ${c.id.source}`, `label ${c.id.flowLabel} *`];
    case 'spi':
      return [`spi ${c.id.protocol} ${c.id.spi} ${c.id.source}`];
    case 'gre-key':
      return [`gre-key ${c.id.greKey} ${c.id.source}`];
    case 'protocol':
      return [`protocol ${c.id.protocol} ${c.id.source}`];
  }
}

function mixedKeysTo(id: FlowId): string[] {
  const sources = sourceKeysOf(id);
  return sources.includes('source *') ? ['all'] : [...keysTo(id), ...sources, 'source *'];
}
