import { classify, type FlowId, type SingleFlowId } from '../flow/flow';
import { idOfSender } from '../flow/flow-id';
import type { Journal, Unwindable } from '../journal/journal';
import { overlaps } from '../flow/overlaps';
import { addTo, deleteFrom, joined, Senders, someOf, without, type Members } from './senders';

/** Something that holds a flow id: a session, a requested id, a quarantine entry. */
export interface Holding {
  readonly id: FlowId;
  /** The logical flow that it belongs to. */
  readonly logicalFlow: string;
}

/** Of one (protocol, destination port), of one flow label or of one GRE key: who names a sender, and who takes any. */
interface Group<H extends Holding> {
  readonly bySender: Senders<H>;
  anySender: Members<H> | undefined;
}

type Accepts<H> = (holding: H) => boolean;
/** Asked of a holding that overlaps. */
type Counts<H> = (holding: H, id: FlowId) => boolean;

/**
 * Finds the holdings that overlap an id without looking at the others: two look-ups for each sender of the id. With
 * `mixedClassifiers` an id may overlap whatever shares a source with it or has none: those are compared pair by pair.
 */
export class OverlapIndex<H extends Holding> {
  /** Group → its members: ids with ports by protocol and destination port, labels and keys behind them. */
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
  overlapping(id: FlowId, counts: Counts<H>): H[] {
    let found: Set<H> | undefined;
    this.find(id, (holding) => {
      if (counts(holding, id)) found = (found ?? new Set()).add(holding);
      return false;
    });
    return found === undefined ? [] : [...found];
  }

  overlapsAny(id: FlowId, counts: Counts<H>): boolean {
    return this.find(id, (holding) => counts(holding, id));
  }

  /** Whether one of the holdings that overlap is accepted; looks no further then. One may be offered more than once. */
  private find(id: FlowId, accepts: Accepts<H>): boolean {
    if (this.holdings === 0) return false;
    if (this.mixedClassifiers) return this.findMixed(id, accepts);
    const c = classify(id);
    if (c.kind === 'senders') return c.id.senders.some((sender) => this.findSingle(idOfSender(c.id, sender), accepts));
    return this.findSingle(c, accepts);
  }

  private findSingle(c: SingleFlowId, accepts: Accepts<H>): boolean {
    switch (c.kind) {
      case 'ports': {
        const group = this.groups.get(portGroup(c.id));
        return group !== undefined && (someOf(group.bySender.get(c.id.source, c.id.sourcePort), accepts) || someOf(group.anySender, accepts));
      }
      case 'wildcard':
        return someOfGroup(this.groups.get(portGroup(c.id)), accepts);
      case 'label':
        return c.id.flowLabel !== 0 && someOfSource(this.groups.get(labelGroup(c.id.flowLabel)), c.id.source, accepts);
      case 'gre-key':
        return someOfSource(this.groups.get(keyGroup(c.id.greKey)), c.id.source, accepts);
      case 'spi':
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
    if (c.kind !== 'senders') return this.insertSingle(c, holding);
    for (const sender of c.id.senders) this.insertSingle(idOfSender(c.id, sender), holding);
  }

  private insertSingle(c: SingleFlowId, holding: H): void {
    if (c.kind === 'spi' || c.kind === 'protocol') return addTo(this.others, exactKey(c), holding);
    const group = this.groupOf(groupKey(c));
    if (c.kind === 'ports') group.bySender.add(c.id.source, c.id.sourcePort, holding);
    else if (c.kind === 'wildcard' || c.id.source === undefined) group.anySender = joined(group.anySender, holding);
    else group.bySender.add(c.id.source, noPort, holding);
  }

  private remove(holding: H): void {
    this.holdings--;
    if (this.mixedClassifiers) {
      for (const source of [...sourcesOf(holding.id), everySource]) deleteFrom(this.others, source, holding);
      return;
    }
    const c = classify(holding.id);
    if (c.kind !== 'senders') return this.removeSingle(c, holding);
    for (const sender of c.id.senders) this.removeSingle(idOfSender(c.id, sender), holding);
  }

  private removeSingle(c: SingleFlowId, holding: H): void {
    if (c.kind === 'spi' || c.kind === 'protocol') return deleteFrom(this.others, exactKey(c), holding);
    const key = groupKey(c);
    const group = this.groups.get(key);
    // Already gone with a sender that the list names twice.
    if (group === undefined) return;
    if (c.kind === 'ports') group.bySender.delete(c.id.source, c.id.sourcePort, holding);
    else if (c.kind === 'wildcard' || c.id.source === undefined) group.anySender = without(group.anySender, holding);
    else group.bySender.delete(c.id.source, noPort, holding);
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

/** Behind every pair of an 8-bit protocol and a 16-bit port. A value that no label has, one less than the least, is in no other's group. */
function labelGroup(flowLabel: number): number {
  return 0x1000001 + flowLabel;
}

/** Behind every label of 20 bits, likewise. */
function keyGroup(greKey: number): number {
  return 0x1100002 + greKey;
}

function groupKey(c: Exclude<SingleFlowId, { kind: 'spi' | 'protocol' }>): number {
  switch (c.kind) {
    case 'label':
      return labelGroup(c.id.flowLabel);
    case 'gre-key':
      return keyGroup(c.id.greKey);
    case 'ports':
    case 'wildcard':
      return portGroup(c.id);
  }
}

/** In place of the port, where a label or a key tells the flows of a source apart. */
const noPort = 0;

function exactKey(c: Extract<SingleFlowId, { kind: 'spi' | 'protocol' }>): string {
  return c.kind === 'spi' ? `spi ${c.id.protocol} ${c.id.spi} ${c.id.source}` : `protocol ${c.id.protocol} ${c.id.source}`;
}

/** No source is spelled so. */
const anySource = '*';
const everySource = 'all';

function sourcesOf(id: FlowId): string[] {
  if ('senders' in id) return [...new Set(id.senders.map((sender) => sender.source))];
  return [('source' in id ? id.source : undefined) ?? anySource];
}

function someOfSource<H extends Holding>(group: Group<H> | undefined, source: string | undefined, accepts: Accepts<H>): boolean {
  if (source === undefined) return someOfGroup(group, accepts);
  return group !== undefined && (someOf(group.bySender.get(source, noPort), accepts) || someOf(group.anySender, accepts));
}

function someOfGroup<H extends Holding>(group: Group<H> | undefined, accepts: Accepts<H>): boolean {
  if (group === undefined) return false;
  return someOf(group.anySender, accepts) || group.bySender.some(accepts);
}
