import { evolveFlowTable, FlowTableState, type FlowId, type FlowIdSender, type FlowTableEvent, type QosSessionReleased, type TemporaryFlowId } from '#domain';
import { naiveOverlaps } from '#domain/testing';
import { holds } from './broken-invariant';
import { checkConfigured, checkScope, isOfItsPath, isOfItsReservation } from './scope-invariants';

interface Released {
  readonly flow: string;
  readonly id: FlowId;
  readonly until: number;
  readonly mobileNode: string | null;
  readonly temporary: TemporaryFlowId | null;
}

/** What one scope's stream says, judged event by event. */
export class ScopeWitness {
  readonly state: FlowTableState;
  private readonly effectives = new Map<string, string>();
  private readonly flows = new Map<string, string>();
  private released: Released[] = [];

  constructor(foreignAgent: string, careOfAddress: string) {
    this.state = new FlowTableState(foreignAgent, careOfAddress);
  }

  /** @param append the events of the same append up to this one */
  sees(event: FlowTableEvent, append: readonly FlowTableEvent[]): void {
    const before = this.state.lastOccurredAt;
    if (event.type === 'QosSessionReleased') this.remember(event);
    evolveFlowTable(this.state, event);
    holds('I13', Date.parse(event.occurredAt) >= before, () => `time went back with ${event.type}, ${event.occurredAt}`);
    if (event.type === 'QosSessionConfigured') {
      checkConfigured(event, append, this.state.sessions.values());
      const session = this.state.sessions.get(event.sessionId)!;
      const flow = session.effective.logicalFlow;
      this.flows.set(event.sessionId, flow);
      // Reclaimed, it is held again; a reservation may take it over from there.
      const isReclaimed = (other: string, id: FlowId): boolean => other === flow && JSON.stringify(id) === JSON.stringify(event.effective);
      this.released = this.released.filter(({ flow: other, id }) => !isReclaimed(other, id));
      const left = (one: Released): Released => (isOfItsReservation(session, one.flow) ? { ...one, id: withoutSender(one.id, event.effective) } : one);
      if (event.reclaimedFrom) this.released = this.released.map(left);
      const others = this.released.filter((one) => one.flow !== flow && !isOfItsReservation(session, one.flow) && !isOfItsPath(session, one));
      const kept = others.filter(({ until }) => until > Date.parse(event.occurredAt));
      const early = kept.find(({ id }) => naiveOverlaps(id, event.effective, false));
      holds('I12', early === undefined, () => `${event.sessionId} has ${JSON.stringify(event.effective)} before its quarantine ended`);
    }
    // Between an allocation and the session that it is for, the value is out and nobody's yet.
    if (event.type !== 'TemporaryFlowIdAllocated') checkScope(this.state);
    this.checkConstant(event);
  }

  /** I8 and I9: only the list of an SE session changes its id, and only its own. */
  private checkConstant(event: FlowTableEvent): void {
    for (const { sessionId, effective, temporary } of this.state.sessions.values()) {
      const id = JSON.stringify([effective.id, temporary]);
      const known = this.effectives.get(sessionId);
      const isOwnChange = 'sessionId' in event && event.sessionId === sessionId && (event.type === 'QosSessionConfigured' || (event.type === 'QosSessionModified' && event.flow !== undefined));
      holds('I8', known === undefined || known === id || isOwnChange, () => `${event.type} changed ${known} of ${sessionId} into ${id}`);
      this.effectives.set(sessionId, id);
    }
  }

  private remember({ sessionId, mobileNode, temporary, effective, quarantinedUntil, senders }: QosSessionReleased): void {
    if (quarantinedUntil === null) return;
    const id = senders && 'senders' in effective ? { ...effective, senders } : effective;
    this.released.push({ flow: this.flows.get(sessionId) ?? sessionId, id, until: Date.parse(quarantinedUntil), mobileNode, temporary });
  }
}

/** What is left of a list in quarantine when a path took its id back from it. */
function withoutSender(id: FlowId, taken: FlowId): FlowId {
  if (!('senders' in id)) return id;
  const isOther = (sender: FlowIdSender): boolean => !naiveOverlaps({ ...id, senders: [sender] }, taken, false);
  return { ...id, senders: id.senders.filter(isOther) };
}
