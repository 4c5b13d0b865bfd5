import {
  reject, sessionsAtStake, type Binding, type FlowTableEvent, type FlowTableState, type ForeignAgent, type LedgerEvent, type LoseBinding,
  type RebootScope, type Rejection, type WithdrawScope,
} from '#domain';
import type { EventStore } from '#event-store';
import { endColocated } from './colocated-nodes';
import { stepOf } from './registrations';
import type { CommandIdentity } from '../idempotency/command-identity';
import { readEvent } from '../mailbox/read-event';
import { flowTableStream } from '../mailbox/stream-names';
import type { Mailboxes } from '../mailbox/mailboxes';

/** Whose registration the scope knows by this revision. */
type Visit = Pick<LoseBinding, 'registrationRevision'> & { readonly mobileNode: string };

/** What a scope that is emptied tells, in one append or in several. */
const emptying: ReadonlySet<string> = new Set(['VisitorLeft', 'QosSessionReleased', 'QuarantineEnded', 'DegradedLegEnded']);

/** Nodes that are told at once. */
const nodesPerTurn = 256;

/**
 * The second append of what is decided about an agent: each of its scopes is told its pools and policy, that the agent lost its state,
 * or that it is no more. Where a scope is emptied, the bindings of its visitors end first: a crash in between leaves the visitors, by
 * whom it is done again.
 */
export class Scopes {
  constructor(
    private readonly mailboxes: Mailboxes,
    private readonly store: EventStore,
  ) {}

  async provision({ foreignAgent, careOfAddresses, pools, policy, revision }: Pick<ForeignAgent, 'foreignAgent' | 'careOfAddresses' | 'pools' | 'policy' | 'revision'>, cause: CommandIdentity): Promise<void> {
    await Promise.all(
      careOfAddresses.map((careOfAddress) =>
        this.mailboxes.flowTable(foreignAgent, careOfAddress).send({
          identity: stepOf(cause, `provision ${revision} ${careOfAddress}`),
          command: { type: 'ProvisionScope', pools, policy, revision },
        }),
      ),
    );
    await endColocated(this.mailboxes, { foreignAgent, careOfAddresses, only: null }, cause);
  }

  /**
   * Releases what is live there: whether that may be was asked before (address-closings.ts), and only what is observed came since.
   * @returns how many sessions were released
   */
  async withdraw(foreignAgent: string, careOfAddresses: readonly string[], revision: bigint, cause: CommandIdentity): Promise<number> {
    const command: WithdrawScope = { type: 'WithdrawScope', revision, force: true };
    const events = await Promise.all(careOfAddresses.map((careOfAddress) => this.empty({ foreignAgent, careOfAddress }, command, cause)));
    return events.flat().filter(({ type }) => type === 'QosSessionReleased').length;
  }

  /** @returns what ended in the scopes that were not told before, and in the streams of their visitors */
  async reboot(foreignAgent: string, careOfAddresses: readonly string[], revision: bigint, cause: CommandIdentity, at?: number): Promise<LedgerEvent[]> {
    const command: RebootScope = { type: 'RebootScope', revision };
    const events = await Promise.all(careOfAddresses.map((careOfAddress) => this.empty({ foreignAgent, careOfAddress }, command, cause, at)));
    return events.flat();
  }

  /** A reboot that a scope was not told of goes before whoever comes after it: the last that was reported of its care-of address. */
  async tellReboot(foreignAgent: string, careOfAddresses: readonly string[], cause: CommandIdentity, at?: number): Promise<LedgerEvent[]> {
    const { rebootedAt } = this.mailboxes.knownAgents().agents.get(foreignAgent) ?? {};
    const told = careOfAddresses.map(async (careOfAddress) => {
      const rebooted = rebootedAt?.get(careOfAddress);
      return rebooted === undefined ? [] : this.reboot(foreignAgent, [careOfAddress], rebooted, cause, at);
    });
    return (await Promise.all(told)).flat();
  }

  /** A withdrawal that a crash may have left at any place. */
  async repeatWithdrawal(foreignAgent: string, careOfAddresses: readonly string[], revision: bigint, cause: CommandIdentity): Promise<void> {
    await this.withdraw(foreignAgent, careOfAddresses, revision, cause);
    await this.tellWhoLeft(foreignAgent, careOfAddresses, 'administrator', revision, cause);
  }

  /** A reboot, likewise. */
  async repeatReboot(foreignAgent: string, careOfAddresses: readonly string[], revision: bigint, cause: CommandIdentity, at?: number): Promise<void> {
    await this.reboot(foreignAgent, careOfAddresses, revision, cause, at);
    await this.tellWhoLeft(foreignAgent, careOfAddresses, 'reboot', revision, cause, at);
  }

  /** What a crash may have left out behind the append that emptied a scope: those who had come meanwhile are told that they left. */
  private async tellWhoLeft(
    foreignAgent: string,
    careOfAddresses: readonly string[],
    kind: 'reboot' | 'administrator',
    revision: bigint,
    cause: CommandIdentity,
    at?: number,
  ): Promise<void> {
    for (const careOfAddress of careOfAddresses) {
      const left: Visit[] = [];
      let isBehind = true;
      for await (const recorded of this.store.readStream(flowTableStream(foreignAgent, careOfAddress), { direction: 'backwards' })) {
        const { event } = readEvent(recorded);
        if (!isBehind && !emptying.has(event.type)) break;
        if (event.type === 'VisitorLeft' && event.cause === kind) left.push(visitOf(event));
        if ((event.type === 'ForeignAgentRebooted' || event.type === 'ScopeWithdrawn') && BigInt(event.revision ?? -1) <= revision) isBehind = false;
      }
      await this.loseBindings({ foreignAgent, careOfAddress, cause: kind }, left, cause, at);
    }
  }

  private async empty(
    { foreignAgent, careOfAddress }: { readonly foreignAgent: string; readonly careOfAddress: string },
    command: RebootScope | WithdrawScope,
    cause: CommandIdentity,
    at?: number,
  ): Promise<readonly LedgerEvent[]> {
    const mailbox = this.mailboxes.flowTable(foreignAgent, careOfAddress);
    await mailbox.load();
    if (isTold(mailbox.fold.state, command)) return [];
    await mailbox.refresh();
    if (isTold(mailbox.fold.state, command)) return [];
    const binding = { foreignAgent, careOfAddress, cause: command.type === 'RebootScope' ? 'reboot' : 'administrator' } as const;
    const lose = (visits: readonly Visit[]): Promise<LedgerEvent[]> => this.loseBindings(binding, visits, cause, at);
    const visits = visitsOf(mailbox.fold.state);
    const ended = await lose(visits);
    const step = `${command.type === 'RebootScope' ? 'reboot' : 'withdraw'} ${command.revision} ${careOfAddress}`;
    const settled = await mailbox.send({ identity: stepOf(cause, step), command, ...(at !== undefined && { at }) });
    const events = settled.events as readonly FlowTableEvent[];
    // Who came while the others were told.
    const known = new Set(visits.map(({ mobileNode, registrationRevision }) => `${registrationRevision} ${mobileNode}`));
    const came = visitsThatEnded(events).filter(({ mobileNode, registrationRevision }) => !known.has(`${registrationRevision} ${mobileNode}`));
    return [...ended, ...events, ...(await lose(came))];
  }

  private async loseBindings(
    binding: Pick<LoseBinding, 'foreignAgent' | 'careOfAddress' | 'cause'>,
    visits: readonly Visit[],
    cause: CommandIdentity,
    at?: number,
  ): Promise<LedgerEvent[]> {
    const events: LedgerEvent[] = [];
    for (let from = 0; from < visits.length; from += nodesPerTurn) {
      const turn = visits.slice(from, from + nodesPerTurn).map(({ mobileNode, registrationRevision }) =>
        this.mailboxes.mobileNode(mobileNode).send({
          identity: stepOf(cause, `lose ${registrationRevision} ${binding.careOfAddress} ${mobileNode}`),
          command: { type: 'LoseBinding', ...binding, registrationRevision },
          ...(at !== undefined && { at }),
        }),
      );
      events.push(...(await Promise.all(turn)).flatMap((settled) => settled.events));
    }
    return events;
  }

  /** Visitors and sessions of the agent at these addresses now. */
  async held(foreignAgent: string, careOfAddresses: readonly string[]): Promise<{ readonly visitors: number; readonly released: number }> {
    const states = await Promise.all(careOfAddresses.map((careOfAddress) => this.stateOf(foreignAgent, careOfAddress)));
    const sum = (of: (state: FlowTableState) => number): number => states.reduce((all, state) => all + of(state), 0);
    return { visitors: sum(({ visitors }) => visitors.size), released: sum(({ sessions }) => sessions.size) };
  }

  /** Bindings of those who visit the agent now, as its scopes know them. */
  async visitors(foreignAgent: string, careOfAddresses: readonly string[]): Promise<Binding[]> {
    const scopes = careOfAddresses.map(async (careOfAddress): Promise<Binding[]> => {
      const { visitors } = await this.stateOf(foreignAgent, careOfAddress);
      return [...visitors.values()].map((visitor) => ({ ...visitor, foreignAgent, careOfAddress }));
    });
    return (await Promise.all(scopes)).flat();
  }

  /** Care-of address → ids of the node's sessions there now. */
  async sessionsOf(mobileNode: string, bindings: readonly Pick<Binding, 'foreignAgent' | 'careOfAddress'>[]): Promise<ReadonlyMap<string, readonly string[]>> {
    const entries = bindings.map(async ({ foreignAgent, careOfAddress }): Promise<[string, string[]]> => {
      const { nodes } = (await this.stateOf(foreignAgent, careOfAddress)).indexes;
      return [careOfAddress, [...nodes.sessionsOf(mobileNode)].map(({ sessionId }) => sessionId)];
    });
    return new Map(await Promise.all(entries));
  }

  private async stateOf(foreignAgent: string, careOfAddress: string): Promise<FlowTableState> {
    const mailbox = this.mailboxes.flowTable(foreignAgent, careOfAddress);
    await mailbox.refresh();
    return mailbox.fold.state;
  }

  /** Sessions that would end with these addresses now. */
  async liveSessions(foreignAgent: string, careOfAddresses: readonly string[]): Promise<number> {
    const states = await Promise.all(careOfAddresses.map((careOfAddress) => this.stateOf(foreignAgent, careOfAddress)));
    return states.reduce((sum, state) => sum + sessionsAtStake(state), 0);
  }

  async refusalOfLive(foreignAgent: string, careOfAddresses: readonly string[]): Promise<Rejection | null> {
    const live = await this.liveSessions(foreignAgent, careOfAddresses);
    return live === 0 ? null : inUseBy(live, foreignAgent, careOfAddresses);
  }
}

export function inUseBy(sessions: number, foreignAgent: string, careOfAddresses: readonly string[]): Rejection {
  const stand = sessions === 1 ? 'One session stands' : `${sessions} sessions stand`;
  const detail = `${stand} at ${careOfAddresses.join(', ')}, which ${foreignAgent} would lose.`;
  return reject('foreign-agent-in-use', detail, { sessions, careOfAddresses });
}

function isTold(state: FlowTableState, { type, revision }: RebootScope | WithdrawScope): boolean {
  return revision <= (type === 'RebootScope' ? state.rebooted : state.provisioned);
}

function visitsOf({ visitors, registrationRevisions }: FlowTableState): Visit[] {
  return [...visitors.keys()].map((mobileNode) => ({ mobileNode, registrationRevision: registrationRevisions.get(mobileNode)! }));
}

function visitsThatEnded(events: readonly FlowTableEvent[]): Visit[] {
  return events.flatMap((event) => (event.type === 'VisitorLeft' ? [visitOf(event)] : []));
}

function visitOf({ mobileNode, registrationRevision }: Extract<FlowTableEvent, { type: 'VisitorLeft' }>): Visit {
  return { mobileNode, registrationRevision: BigInt(registrationRevision) };
}
