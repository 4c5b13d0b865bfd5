import { mergesBrought, type FlowTableCommand, type LedgerEvent, type ObservePathTear, type ObserveReservation, type TunnelAssociation } from '#domain';
import type { RsvpMessage } from '#signalling';
import { sessionIdOf, stepId, type CommandIdentity } from '../idempotency/command-identity';
import type { KnownAgents } from '../processes/known-agents';
import type { LeftLegs } from '../processes/left-legs';
import type { Scope } from '../processes/session-directory';
import type { FlowTableMailbox } from '../mailbox/mailboxes';
import { flowTableStream } from '../mailbox/stream-names';
import type { BindingDirectory } from './binding-directory';
import { seenAt, type ObservationRun } from './observation-run';
import { associationOf, concernsFlows, isDiscarded, isTunnelSession, mayRefreshAtOnce, rsvpObservations } from './rsvp-observations';
import type { Sighted } from './sighted';
import { whoseSession } from './whose-session';

type Settled = Promise<{ readonly events: readonly LedgerEvent[] }>;

/** What RSVP messages come to: sessions of nodes, wherever those are at the time. */
export class RsvpObserver {
  constructor(
    private readonly run: ObservationRun,
    private readonly agents: KnownAgents,
    private readonly bindings: BindingDirectory,
    private readonly leftLegs: LeftLegs,
  ) {}

  async observe(sighted: Sighted, message: RsvpMessage): Promise<void> {
    if (!concernsFlows(message, sighted.decoded.violations)) return;
    // Without a session it stands where it was sent to: of a PATH that is the session's own address.
    const { destination } = message.session ?? sighted.decoded;
    await this.run.moves.get(destination);
    // What stands now may be about to be renewed; where one has expired at this time, the renewal decides.
    if (!this.bindings.allStand(destination, sighted.observedMs)) await this.run.registrationsOf.get(destination);
    const { bindings, agents, run } = this;
    const { mobileNode, scope, home, isTold } = await whoseSession(bindings, agents, run.memory.links, sighted.decoded, sighted.observedMs, destination);
    const stream = flowTableStream(scope.foreignAgent, scope.careOfAddress);
    this.run.noteScopes([scope]);
    const whose = isTold ? `${stream} ${mobileNode}` : stream;
    const repeat = await this.run.isRepeat(sighted, whose);
    if (repeat === 'read-before' || (repeat && !mayRefreshAtOnce(message))) return;
    const identity = this.run.identityOf(sighted);
    const { observedAt, violations } = seenAt(sighted);
    const sessionId = (index: number): string => sessionIdOf(stepId(identity.commandId, `session ${index} ${stream}`));
    const association = isTunnelSession(message) && !isDiscarded(violations) ? associationOf(message) : null;
    const observations: FlowTableCommand[] = association
      ? [{ type: 'ObserveTunnel', message: message.kind, association, mobileNode: await this.nodeInTunnel(sighted, association, scope), observedAt, violations }]
      : rsvpObservations(message, { mobileNode, home, observedAt, violations, node: sighted.decoded.destination, digest: digestOnWay(sighted), sessionId });
    if (repeat) return this.refresh(observations, scope, identity);
    for (const [index, command] of observations.entries()) {
      const own = index === 0 ? identity : { ...identity, commandId: stepId(identity.commandId, `flow ${index}`) };
      const mailbox = this.run.mailboxes.flowTable(scope.foreignAgent, scope.careOfAddress);
      const mayEnd = command.type === 'ObservePathTear' || (command.type === 'ObserveReservation' && (await this.mayMerge(command, mailbox)));
      const settled = this.run.lanes.turn([stream], () => mailbox.send({ identity: own, command, at: observedAt }));
      if (index === 0) this.run.trackMessage(sighted, whose, settled);
      else this.run.track(settled);
      if (mayEnd) await this.endElsewhere(command, scope, own, settled);
    }
  }

  /** Seen less than a second before: nothing that is new, but that it stands. */
  private refresh(observations: readonly FlowTableCommand[], { foreignAgent, careOfAddress }: Scope, identity: CommandIdentity): void {
    const mailbox = this.run.mailboxes.flowTable(foreignAgent, careOfAddress);
    const stream = flowTableStream(foreignAgent, careOfAddress);
    for (const [index, observed] of observations.entries()) {
      if (observed.type !== 'ObservePath' && observed.type !== 'ObserveReservation') continue;
      const command = { ...observed, again: true } as const;
      const own = { ...identity, commandId: stepId(identity.commandId, `again ${index}`) };
      this.run.track(this.run.lanes.turn([stream], () => mailbox.send({ identity: own, command, at: observed.observedAt })));
    }
  }

  /** Most reservations are refreshes: the scopes that the node left wait only for one that may take over what a handoff brought, as far as is known yet. */
  private async mayMerge({ mobileNode, style, flow }: ObserveReservation, mailbox: FlowTableMailbox): Promise<boolean> {
    if (mobileNode === null || (await this.leftLegs.placesOf(mobileNode)).length === 0) return false;
    if (this.run.lanes.isHeld(mailbox.stream)) return true;
    await mailbox.load();
    return mergesBrought(mailbox.fold.state, { mobileNode, style, flow });
  }

  /** Where a handoff left a leg of what the message ends, that ends too, in the order of the frames there. */
  private async endElsewhere(
    { mobileNode, observedAt }: ObservePathTear | ObserveReservation,
    scope: Scope,
    identity: CommandIdentity,
    settled: Settled,
  ): Promise<void> {
    const places = mobileNode === null ? [] : await this.leftLegs.placesOf(mobileNode);
    if (places.length === 0) return;
    const streams = places.map((place) => flowTableStream(place.foreignAgent, place.careOfAddress));
    let events: readonly LedgerEvent[] = [];
    const known = settled.then((told) => (events = told.events));
    void this.run.lanes.enter(streams, () => {
      const told = this.leftLegs.end(events, scope, identity, observedAt);
      this.run.lanes.track(told.then((appended) => (this.run.eventsAppended += appended)));
      return told;
    }, known);
  }

  /** Whose end-to-end session it is that travels in a tunnel to this care-of address. */
  private async nodeInTunnel(sighted: Sighted, { session: { destination } }: TunnelAssociation, { careOfAddress }: Scope): Promise<string | null> {
    await this.run.moves.get(destination);
    if (!this.bindings.allStand(destination, sighted.observedMs)) await this.run.registrationsOf.get(destination);
    const { mobileNode, scope } = await whoseSession(this.bindings, this.agents, this.run.memory.links, sighted.decoded, sighted.observedMs, destination);
    return scope.careOfAddress === careOfAddress ? mobileNode : null;
  }
}

/** What two hops send to one node are two messages, be they the same byte for byte (docs/adr/0030). */
function digestOnWay({ digest, way }: Sighted): string {
  return way === '' ? digest : `${digest} ${way}`;
}
