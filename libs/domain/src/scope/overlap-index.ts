import { classify, type ClassifiedFlowId, type FlowId } from '../flow/flow';
import type { Journal, Unwindable } from '../journal/journal';
import { overlaps } from '../flow/overlaps';
import { addTo, deleteFrom, joined, Senders, someOf, without, type Members } from './senders';

/** Something that holds a flow id: a session, a requested id, a quarantine entry. */
export interface Holding {
  readonly id: FlowId;
  /** The logical flow that it belongs to. */
  readonly logicalFlow: string;
}

/** Of one (protocol, destination port), or of one flow label: who names a sender, and who takes any. */
interface Group<H extends Holding> {
  readonly bySender: Senders<H>;
  anySender: Members<H> | undefined;
}

type Accepts<H> = (holding: H) => boolean;

/**
 * Finds the holdings that overlap an id without looking at the others: two look-ups for each sender of the id. With
 * `mixedClassifiers` an id may overlap whatever shares a source with it or has none: those are compared pair by pair.
 */
export class OverlapIndex<H extends Holding> {
  /** Group → its members: ids with ports by protocol and destination port, labels behind them. */
  private readonly groups = new Map<number, Group<H>>();
  /** Everything else, by all that it is told by; with `mixedClassifiers` every id, by its sources. */
  private readonly others = new Map<string, Members<H>>();
  private readonly added: Unwindable = { takeBack: (holding) => this.remove(holding as H) };
  private readonly deleted: Unwindable = { takeBack: (holding) => this.insert(holding as H) };
  private holdings = 0;

  constructor(
    private readonly journal: Journal,
    private readonly mixedClassifiers: boolean,
  ) {}

  add(holding: H): void {
    this.insert(holding);
    this.journal.record(this.added, holding, undefined);
  }

  delete(holding: H): void {
    this.remove(holding);
    this.journal.record(this.deleted, holding, undefined);
  }

  /** Holdings that overlap `id` and pass `counts`, each once. */
  overlapping(id: FlowId, counts: Accepts<H>): H[] {
    let found: Set<H> | undefined;
    this.find(id, (holding) => {
      if (counts(holding)) found = (found ?? new Set()).add(holding);
      return false;
    });
    return found === undefined ? [] : [...found];
  }

  overlapsAny(id: FlowId, counts: Accepts<H>): boolean {
    return this.find(id, counts);
  }

  /** Whether one of the holdings that overlap is accepted; looks no further then. One may be offered more than once. */
  private find(id: FlowId, accepts: Accepts<H>): boolean {
    if (this.holdings === 0) return false;
    if (this.mixedClassifiers) return this.findMixed(id, accepts);
    const c = classify(id);
    switch (c.kind) {
      case 'ports': {
        const group = this.groups.get(portGroup(c.id));
        return group !== undefined && (someOf(group.bySender.get(c.id.source, c.id.sourcePort), accepts) || someOf(group.anySender, accepts));
      }
      case 'senders': {
        const group = this.groups.get(portGroup(c.id));
        if (group === undefined) return false;
        return c.id.senders.some((sender) => someOf(group.bySender.get(sender.source, sender.sourcePort), accepts)) || someOf(group.anySender, accepts);
      }
      case 'wildcard':
        return someOfGroup(this.groups.get(portGroup(c.id)), accepts);
      case 'label': {
        if (c.id.flowLabel === 0) return false;
        const group = this.groups.get(labelGroup(c.id.flowLabel));
        if (c.id.source === undefined) return someOfGroup(group, accepts);
        return group !== undefined && (someOf(group.bySender.get(c.id.source, noPort), accepts) || someOf(group.anySender, accepts));
      }
      case 'spi':
      case 'gre-key':
      case 'protocol':
        return someOf(this.others.get(exactKey(c)), accepts);
    }
  }

  private findMixed(id: FlowId, accepts: Accepts<H>): boolean {
    const overlapping = (holding: H): boolean => overlaps(id, holding.id, true) && accepts(holding);
    const sources = sourcesOf(id);
    if (sources.includes(anySource)) return someOf(this.others.get(everySource), overlapping);
    return [...sources, anySource].some((source) => someOf(this.others.get(source), overlapping));
  }

  private insert(holding: H): void {
    this.holdings++;
    if (this.mixedClassifiers) {
      for (const source of [...sourcesOf(holding.id), everySource]) addTo(this.others, source, holding);
      return;
    }
    const c = classify(holding.id);
    switch (c.kind) {
      case 'ports':
        return this.groupOf(portGroup(c.id)).bySender.add(c.id.source, c.id.sourcePort, holding);
      case 'senders': {
        const { bySender } = this.groupOf(portGroup(c.id));
        for (const sender of c.id.senders) bySender.add(sender.source, sender.sourcePort, holding);
        return;
      }
      case 'wildcard': {
        const group = this.groupOf(portGroup(c.id));
        group.anySender = joined(group.anySender, holding);
        return;
      }
      case 'label': {
        const group = this.groupOf(labelGroup(c.id.flowLabel));
        if (c.id.source === undefined) group.anySender = joined(group.anySender, holding);
        else group.bySender.add(c.id.source, noPort, holding);
        return;
      }
      case 'spi':
      case 'gre-key':
      case 'protocol':
        return addTo(this.others, exactKey(c), holding);
    }
  }

  private remove(holding: H): void {
    this.holdings--;
    if (this.mixedClassifiers) {
      for (const source of [...sourcesOf(holding.id), everySource]) deleteFrom(this.others, source, holding);
      return;
    }
    const c = classify(holding.id);
    if (c.kind === 'spi' || c.kind === 'gre-key' || c.kind === 'protocol') return deleteFrom(this.others, exactKey(c), holding);
    const key = c.kind === 'label' ? labelGroup(c.id.flowLabel) : portGroup(c.id);
    const group = this.groups.get(key)!;
    if (c.kind === 'ports') group.bySender.delete(c.id.source, c.id.sourcePort, holding);
    else if (c.kind === 'senders') for (const sender of c.id.senders) group.bySender.delete(sender.source, sender.sourcePort, holding);
    else if (c.kind === 'label' && c.id.source !== undefined) group.bySender.delete(c.id.source, noPort, holding);
    else group.anySender = without(group.anySender, holding);
    if (group.bySender.isEmpty && group.anySender === undefined) this.groups.delete(key);
  }

  private groupOf(key: number): Group<H> {
    let group = this.groups.get(key);
    if (group === undefined) this.groups.set(key, (group = { bySender: new Senders(), anySender: undefined }));
    return group;
  }
}

function portGroup(id: { readonly protocol: number; readonly destinationPort: number }): number {
  return id.protocol * 65_536 + id.destinationPort;
}

/** Behind every pair of an 8-bit protocol and a 16-bit port. */
function labelGroup(flowLabel: number): number {
  return 0x1000000 + flowLabel;
}

/** In place of the port, where a label tells the flows of a source apart. */
const noPort = 0;

function exactKey(c: Extract<ClassifiedFlowId, { kind: 'spi' | 'gre-key' | 'protocol' }>): string {
  switch (c.kind) {
    case 'spi':
      return `spi ${c.id.protocol} ${c.id.spi} ${c.id.source}`;
    case 'gre-key':
      return `gre-key ${c.id.greKey} ${c.id.source}`;
    case 'protocol':
      return `protocol ${c.id.protocol} ${c.id.source}`;
  }
}

/** No source is spelled so. */
const anySource = '*';
const everySource = 'all';

function sourcesOf(id: FlowId): string[] {
  if ('senders' in id) return [...new Set(id.senders.map((sender) => sender.source))];
  return ['source' in id ? id.source : anySource];
}

function someOfGroup<H extends Holding>(group: Group<H> | undefined, accepts: Accepts<H>): boolean {
  if (group === undefined) return false;
  return someOf(group.anySender, accepts) || group.bySender.some(accepts);
}
