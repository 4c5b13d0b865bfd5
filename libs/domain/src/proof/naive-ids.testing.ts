import type { Flow, FlowId, Style, TemporaryField } from '../flow/flow';
import { naiveRequested, replaceField } from './naive-flow-ids.testing';
import { naiveOverlaps } from './naive-overlaps.testing';
import { NaivePool } from './naive-pool.testing';
import type { NaiveQuarantine, NaiveSession } from './naive-session.testing';
import type { Policy } from '../flow/policy';

export const lifetimeMs = (refreshPeriodMs: number): number => 3.5 * 1.5 * refreshPeriodMs;
export const idText = (id: FlowId): string => JSON.stringify(Object.entries(id).sort());

/** Of a node's session: its logical flow (domain.md §2: what stands beside a label or an SPI identifies nothing), and the style of a shared one. */
export function nameOf(node: string, flow: Flow, style: Style): string {
  const { correspondentNode, protocol, sourcePort, flowLabel, spi } = flow;
  if (style !== 'FF') return JSON.stringify([node, protocol, rsvpPort(flow), style]);
  if (flowLabel !== undefined) return JSON.stringify([node, correspondentNode, { flowLabel }]);
  return JSON.stringify([node, correspondentNode, protocol, spi === undefined ? [flow.destinationPort, sourcePort] : { spi }]);
}

/** domain.md §2, "logical flow": a list and a wildcard of one node to one port are the same. */
export const logicalFlowOf = (name: string): string => name.replace(/"(SE|WF)"]$/, '"shared"]');

/** The destination port of the RSVP session, where one is told: 0 where the protocol has none (RFC 2205 §3.2). */
export function rsvpPort({ protocol, destinationPort }: Flow): number | null {
  return destinationPort ?? ([6, 17].includes(protocol) ? null : 0);
}

/** Which flow ids a scope holds, and which are free: domain.md §2 and §3, every id compared with every other. */
export class NaiveIds {
  sessions: NaiveSession[] = [];
  quarantines: NaiveQuarantine[] = [];
  readonly pools: Readonly<Record<TemporaryField, NaivePool>> = {
    sourcePort: new NaivePool(),
    destinationPort: new NaivePool(),
    flowLabel: new NaivePool(),
    greKey: new NaivePool(),
  };
  protected readonly visitors = new Map<string, { homeAgent: string; expiresAt: number }>();
  protected policy!: Policy;

  constructor(private readonly careOfAddress: string) {}

  /** Steps 3 to 6: the id that it gets, taken; null: the pool is exhausted. */
  protected judge(requested: FlowId, name: string): { effective: FlowId; temporary: NaiveSession['temporary']; matched: string[] } | null {
    const x = this.overlapping(requested, name);
    const field = x.length === 0 ? null : this.fieldOf(requested, x.some(({ id }) => 'destinationPort' in id && !('source' in id) && !('senders' in id)), name);
    const value = field === null ? null : this.choose(field, requested, name);
    if (field !== null && value === null) return null;
    const temporary = field === null ? null : { field, value: value! };
    const effective = temporary ? replaceField(requested, temporary.field, temporary.value) : requested;
    this.quarantines = this.quarantines.filter((q) => q.flowName !== logicalFlowOf(name) || idText(q.id) !== idText(effective));
    if (temporary) this.pools[temporary.field].take(temporary.value);
    return { effective, temporary, matched: x.map((held) => held.who).sort() };
  }

  protected overlapping(id: FlowId, name: string): { readonly id: FlowId; readonly who: string }[] {
    const live = this.sessions.filter((s) => !this.isOwn(s, name)).map((s) => ({ id: s.effective, who: `${s.sessionId} live` }));
    const quarantined = this.quarantines.flatMap((q) => this.othersOf(q, name).map((of) => ({ id: of, who: `${q.sessionId} quarantined` })));
    return [...live, ...quarantined].filter((held) => naiveOverlaps(held.id, id, this.policy.mixedClassifiers));
  }

  protected isOwn(session: NaiveSession, name: string): boolean {
    return session.name === name;
  }

  /** What of it counts against that flow. */
  protected othersOf({ flowName, id }: NaiveQuarantine, name: string): FlowId[] {
    return flowName === logicalFlowOf(name) ? [] : [id];
  }

  private fits(field: TemporaryField, value: number, requested: FlowId, name: string): boolean {
    const id = replaceField(requested, field, value);
    const asked = this.sessions.filter((s) => !this.isOwn(s, name)).some((s) => naiveOverlaps(s.requested, id, this.policy.mixedClassifiers));
    return !asked && this.overlapping(id, name).length === 0;
  }

  protected choose(field: TemporaryField, requested: FlowId, name: string): number | null {
    const fits = (value: number): boolean => this.fits(field, value, requested, name);
    const pool = this.pools[field];
    const own = this.quarantines.flatMap(({ flowName, id, temporary }) =>
      (flowName === logicalFlowOf(name) && temporary?.field === field && pool.hands(temporary.value) ? [{ id, value: temporary.value }] : []));
    const reclaimed = own.find(({ id, value }) => idText(replaceField(requested, field, value)) === idText(id) && fits(value))?.value;
    return reclaimed ?? pool.inOrder().find(fits) ?? null;
  }

  /** Of a path alone as of the one flow that it is. */
  protected nameOf({ node, flow, style }: Pick<NaiveSession, 'node' | 'flow' | 'style'>): string {
    return nameOf(node, flow, style ?? 'FF');
  }

  protected requestedOf(flow: Flow, homeAgent: string): FlowId {
    const { outerSource } = this.policy;
    return naiveRequested(flow, this.careOfAddress, (address) => (outerSource === 'home-agent' ? homeAgent : address));
  }

  /** The table of domain.md §2, and where no value whatever of its field would do, the next one (ADR 0011). */
  protected fieldOf(requested: FlowId, matchesWildcard: boolean, name: string): TemporaryField {
    const fields: TemporaryField[] = this.careOfAddress.includes(':') ? ['flowLabel'] : [];
    if (!('destinationPort' in requested)) fields.push('greKey');
    else if ('sourcePort' in requested && !matchesWildcard) fields.push('sourcePort', 'destinationPort');
    else fields.push('destinationPort');
    const nobodys = 0.5;
    return fields.find((field) => this.fits(field, nobodys, requested, name)) ?? fields[0]!;
  }

  protected quarantine(session: NaiveSession, name: string, id: FlowId, temporary: NaiveSession['temporary'], at: number, paths: NaiveQuarantine['paths'] = []): void {
    const { quarantineSeconds } = this.policy;
    const length = quarantineSeconds === null ? Math.max(120_000, lifetimeMs(session.refreshPeriodMs)) : quarantineSeconds * 1000;
    const from = Math.max(at, ...paths.map(({ until }) => until));
    this.quarantines.push({ name, sessionId: session.sessionId, flowName: logicalFlowOf(session.name), id, temporary, until: from + length, paths });
  }

  protected endQuarantine(quarantine: NaiveQuarantine): void {
    this.quarantines = this.quarantines.filter((q) => q !== quarantine);
    if (quarantine.temporary) this.pools[quarantine.temporary.field].endQuarantine(quarantine.temporary.value);
  }
}
