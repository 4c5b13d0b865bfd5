import { DeadlineQueue } from '../journal/deadline-queue';
import { sessionPortOf } from '../flow/flow';
import type { FlowTableState } from './flow-table-state';
import { JournaledIndex, type Journal } from '../journal/journal';
import { NodeIndex } from './node-index';
import { OverlapIndex } from './overlap-index';
import { ScopeDeadlines, type Deadline } from './scope-deadlines';
import { destinationPortOf, sessionDeadline, type Quarantine, type Session, type SessionHolding } from './session';
import { SessionsByPort } from './sessions-by-port';

/**
 * By what a decision looks into a scope, so that it sees only what it could overlap, never the whole of it. Nothing of it is state: it is
 * made of what stands when the first decision asks, and kept up with every change from then on. A fold asks nothing and pays nothing.
 */
export class ScopeIndexes {
  readonly nodes: NodeIndex;
  readonly sessionsByPort: SessionsByPort;
  readonly quarantinesByLogicalFlow: JournaledIndex<string, string>;
  /** Source port → quarantines of it as a temporary value. */
  readonly quarantinesBySourcePort: JournaledIndex<number, string>;
  readonly effectiveIds: OverlapIndex<SessionHolding>;
  /** Of sessions with a temporary id; a native session holds what it asked for. */
  readonly requestedIds: OverlapIndex<SessionHolding>;
  readonly quarantinedIds: OverlapIndex<Quarantine>;
  readonly lateIds: OverlapIndex<SessionHolding>;
  readonly deadlines: DeadlineQueue<Deadline>;

  constructor(journal: Journal, state: FlowTableState) {
    const { mixedClassifiers } = state.policy;
    this.nodes = new NodeIndex(journal);
    this.sessionsByPort = new SessionsByPort(journal);
    this.quarantinesByLogicalFlow = new JournaledIndex(journal);
    this.quarantinesBySourcePort = new JournaledIndex(journal);
    this.effectiveIds = new OverlapIndex(journal, mixedClassifiers);
    this.requestedIds = new OverlapIndex(journal, mixedClassifiers);
    this.quarantinedIds = new OverlapIndex(journal, mixedClassifiers);
    this.lateIds = new OverlapIndex(journal, mixedClassifiers);
    this.deadlines = new DeadlineQueue(journal, new ScopeDeadlines(state));
    for (const visitor of state.visitors.values()) this.nodes.setVisitor(visitor.mobileNode, visitor);
    for (const session of state.sessions.values()) this.add(session);
    for (const quarantine of state.quarantines.values()) this.addQuarantined(quarantine);
    for (const holding of state.lateIds.values()) this.lateIds.add(holding);
    this.deadlines.rebuild();
  }

  addSession(session: Session): void {
    this.add(session);
    this.deadlines.schedule({ kind: 'session', key: session.sessionId }, undefined, sessionDeadline(session));
  }

  /** The same logical flow, changed. */
  replaceSession(before: Session, after: Session): void {
    this.nodes.replace(before, after);
    if (before.flow !== after.flow && isOnOtherPort(before, after)) {
      this.sessionsByPort.delete(before);
      this.sessionsByPort.add(after);
    }
    if (before.effective !== after.effective) {
      this.effectiveIds.delete(before.effective);
      this.effectiveIds.add(after.effective);
    }
    if (after.temporary && before.requested !== after.requested) {
      this.requestedIds.delete(before.requested);
      this.requestedIds.add(after.requested);
    }
    const [had, has] = [sessionDeadline(before), sessionDeadline(after)];
    if (had !== has) this.deadlines.schedule({ kind: 'session', key: after.sessionId }, had, has);
  }

  removeSession(session: Session): void {
    this.nodes.delete(session);
    this.sessionsByPort.delete(session);
    this.effectiveIds.delete(session.effective);
    if (session.temporary) this.requestedIds.delete(session.requested);
  }

  addQuarantine(quarantine: Quarantine): void {
    this.addQuarantined(quarantine);
    this.deadlines.schedule({ kind: 'quarantine', key: quarantine.name }, undefined, quarantine.until);
  }

  /** Of the same name, with another id. */
  replaceQuarantine(before: Quarantine, after: Quarantine): void {
    this.quarantinedIds.delete(before);
    this.quarantinedIds.add(after);
  }

  removeQuarantine(quarantine: Quarantine): void {
    this.quarantinesByLogicalFlow.delete(quarantine.logicalFlow, quarantine.name);
    const { temporary, name } = quarantine;
    if (temporary?.field === 'sourcePort') this.quarantinesBySourcePort.delete(temporary.value, name);
    this.quarantinedIds.delete(quarantine);
  }

  private add(session: Session): void {
    this.nodes.add(session);
    this.sessionsByPort.add(session);
    this.effectiveIds.add(session.effective);
    if (session.temporary) this.requestedIds.add(session.requested);
  }

  private addQuarantined(quarantine: Quarantine): void {
    this.quarantinesByLogicalFlow.add(quarantine.logicalFlow, quarantine.name);
    const { temporary, name } = quarantine;
    if (temporary?.field === 'sourcePort') this.quarantinesBySourcePort.add(temporary.value, name);
    this.quarantinedIds.add(quarantine);
  }
}

/** Also beside a label or an SPI; a list of these may take a sender by its port. */
function isOnOtherPort(before: Session, after: Session): boolean {
  return sessionPortOf(before.flow) !== sessionPortOf(after.flow) || destinationPortOf(before.requested.id) !== destinationPortOf(after.requested.id);
}
