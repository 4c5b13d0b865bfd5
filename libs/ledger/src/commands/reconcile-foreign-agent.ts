import { CommandHandler, type ICommandHandler } from '@nestjs/cqrs';
import { flowIdText, isUnconfirmed, type Flow, type FlowId, type FlowTableState, type Session } from '#domain';
import canonicalize from 'canonicalize';
import { LedgerCommand, NotFound, type Answered, type Outcome } from '../idempotency/command';
import { stepId, type CommandIdentity } from '../idempotency/command-identity';
import { CommandLog, type Executed } from '../idempotency/command-log';
import { Mailboxes } from '../mailbox/mailboxes';
import { LeftLegs } from '../processes/left-legs';
import { requireSameAgent } from './provision-foreign-agent';
import { ParameterFaults } from '../queries/parameter-faults';

/** A flow as the agent says that it holds it. */
export interface AgentSide {
  readonly careOfAddress: string;
  readonly effective: FlowId;
  readonly sessionId: string | null;
  readonly mobileNode: string | null;
  readonly flow: Flow | null;
  /** Of the line that says so. */
  readonly line: number;
}

/** A flow as the ledger holds it. */
export interface LedgerSide {
  readonly careOfAddress: string;
  readonly effective: FlowId;
  readonly sessionId: string;
  readonly mobileNode: string | null;
  readonly flow: Flow;
  readonly state: Session['state'];
}

export interface Difference {
  /** `missing-at-agent`: only the ledger holds it; `unknown-to-ledger`: only the agent does; `different`: both, in `fields` not alike. */
  readonly difference: 'missing-at-agent' | 'unknown-to-ledger' | 'different';
  readonly fields: readonly ('sessionId' | 'mobileNode' | 'flow' | 'effective')[];
  readonly ledger: LedgerSide | null;
  readonly agent: AgentSide | null;
  /** The ledger released it (`apply`). */
  readonly released: boolean;
}

export interface Reconciliation extends Answered {
  readonly foreignAgent: string;
  readonly applied: boolean;
  readonly counts: {
    readonly ledger: number;
    readonly agent: number;
    readonly same: number;
    readonly missingAtAgent: number;
    readonly unknownToLedger: number;
    readonly different: number;
    readonly released: number;
  };
  readonly differences: readonly Difference[];
}

/**
 * `POST /v1/foreign-agents/{fa}/reconcile`: what differs between the agent's table and the ledger's.
 * @throws NotFound, PreconditionFailed, ParameterFaults: an address that is none of the agent's, a position beyond the ledger's end
 */
export class ReconcileForeignAgent extends LedgerCommand<Reconciliation> {
  constructor(
    readonly foreignAgent: string,
    /** The whole table of the agent, or of the one scope. */
    readonly flows: readonly AgentSide[],
    readonly options: {
      /** Release what the agent no longer holds. */
      readonly apply: boolean;
      /** Only this scope; null: all of the agent. */
      readonly careOfAddress: string | null;
      /** The table is of this moment of the ledger: sessions that changed behind it are left out; null: now. */
      readonly asOfPosition: bigint | null;
    },
  ) {
    super();
  }
}

@CommandHandler(ReconcileForeignAgent)
export class ReconcileForeignAgentHandler implements ICommandHandler<ReconcileForeignAgent> {
  constructor(
    private readonly mailboxes: Mailboxes,
    private readonly commands: CommandLog,
    private readonly leftLegs: LeftLegs,
  ) {}

  execute(request: ReconcileForeignAgent): Promise<Outcome<Reconciliation>> {
    return this.commands.once<Reconciliation>(request.context, async (identity): Promise<Executed<Reconciliation>> => {
      const body = await this.reconcile(request, identity);
      // What it released it tells whole, and no event does.
      return { outcome: { outcome: 'accepted', body, etag: null, replayed: false }, appended: body.counts.released > 0, tellsMore: true };
    });
  }

  private async reconcile({ foreignAgent, flows, options, context }: ReconcileForeignAgent, identity: CommandIdentity): Promise<Reconciliation> {
    const agents = this.mailboxes.foreignAgents();
    await agents.refresh();
    const { fold } = agents;
    const agent = fold.state.agents.get(foreignAgent);
    if (!agent) throw new NotFound(`No foreign agent has the id ${foreignAgent}.`);
    if (context.ifMatch !== null) requireSameAgent(fold, foreignAgent, context.ifMatch);
    await this.requireOfLedger(agent.careOfAddresses, options);
    const asked = options.careOfAddress === null ? agent.careOfAddresses : [options.careOfAddress];
    const scopes = [...new Set([...asked, ...flows.map(({ careOfAddress }) => careOfAddress)])];
    const told = groupByScope(flows);
    const differences: Difference[] = [];
    let held = 0;
    for (const careOfAddress of scopes) {
      const mailbox = this.mailboxes.flowTable(foreignAgent, careOfAddress);
      await mailbox.refresh();
      const { state, positions } = mailbox.fold;
      const isOfThen = ({ sessionId }: Session): boolean => options.asOfPosition === null || (positions.get(sessionId) ?? 0n) <= options.asOfPosition;
      const sessions = [...state.sessions.values()].filter(isOfThen).sort((a, b) => a.ordinal - b.ordinal);
      held += sessions.length;
      const found = differencesOf(state, sessions, told.get(careOfAddress) ?? []);
      differences.push(...(options.apply ? await this.release(foreignAgent, careOfAddress, found, identity) : found));
      if (options.apply) await this.confirm(foreignAgent, careOfAddress, heldByBoth(sessions, found), identity);
    }
    const position = String(await this.mailboxes.head());
    return { foreignAgent, applied: options.apply, counts: countsOf(held, flows.length, differences), differences, position };
  }

  /** A table of another address, or of a moment that has not come, would be one without flows. @throws ParameterFaults */
  private async requireOfLedger(ofAgent: readonly string[], { careOfAddress, asOfPosition }: ReconcileForeignAgent['options']): Promise<void> {
    if (careOfAddress !== null && !ofAgent.includes(careOfAddress)) {
      throw new ParameterFaults([{ parameter: 'careOfAddress', detail: `The agent has no care-of address ${careOfAddress}.` }]);
    }
    if (asOfPosition === null) return;
    const head = await this.mailboxes.head();
    if (asOfPosition > head) throw new ParameterFaults([{ parameter: 'asOfPosition', detail: `The ledger ends at position ${head}.` }]);
  }

  /** Each release is known by the session's last change: the same table again finds it done. */
  private async release(foreignAgent: string, careOfAddress: string, found: readonly Difference[], identity: CommandIdentity): Promise<Difference[]> {
    const mailbox = this.mailboxes.flowTable(foreignAgent, careOfAddress);
    const identityOf = stepsOfTable(`reconcile ${mailbox.stream}`, identity);
    return Promise.all(
      found.map(async (difference): Promise<Difference> => {
        if (difference.difference !== 'missing-at-agent') return difference;
        const { sessionId } = difference.ledger!;
        const revision = mailbox.fold.state.sessions.get(sessionId)?.revision ?? 0n;
        const step = identityOf(sessionId, revision);
        const { answer, events } = await mailbox.send({ identity: step, command: { type: 'ReleaseSession', sessionId, cause: 'reconciled', claimedBy: null } });
        await this.leftLegs.end(events, { foreignAgent, careOfAddress }, step);
        return { ...difference, released: answer.outcome === 'released' };
      }),
    );
  }

  /** What is in doubt since a time without a server (unconfirmed-legs.ts), the agent's own table confirms. */
  private async confirm(foreignAgent: string, careOfAddress: string, sessions: readonly Session[], identity: CommandIdentity): Promise<void> {
    const mailbox = this.mailboxes.flowTable(foreignAgent, careOfAddress);
    const identityOf = stepsOfTable(`confirm ${mailbox.stream}`, identity);
    const inDoubt = sessions.filter(isUnconfirmed);
    await Promise.all(inDoubt.map(({ sessionId, revision }) => mailbox.send({ identity: identityOf(sessionId, revision), command: { type: 'ConfirmSession', sessionId } })));
  }
}

/** Each step is known by the session's last change, whose revision is of the stream: a session may have legs in several. */
function stepsOfTable(
  step: string,
  { actor, correlationId, commandId: causationId }: CommandIdentity,
): (sessionId: string, revision: bigint) => CommandIdentity {
  return (sessionId, revision) => {
    const commandId = stepId(sessionId, `${step} ${revision}`);
    return { commandId, idempotencyKey: null, bodyDigest: '', actor, origin: 'commanded', correlationId, causationId };
  };
}

function heldByBoth(sessions: readonly Session[], found: readonly Difference[]): Session[] {
  const missing = new Set(found.flatMap(({ difference, ledger }) => (difference === 'missing-at-agent' ? [ledger!.sessionId] : [])));
  return sessions.filter(({ sessionId }) => !missing.has(sessionId));
}

function groupByScope(flows: readonly AgentSide[]): ReadonlyMap<string, readonly AgentSide[]> {
  const groups = new Map<string, AgentSide[]>();
  for (const flow of flows) {
    const group = groups.get(flow.careOfAddress);
    if (group) group.push(flow);
    else groups.set(flow.careOfAddress, [flow]);
  }
  return groups;
}

/** By effective id; a session that the agent names under another id is the same one, with another id. */
function differencesOf({ careOfAddress }: FlowTableState, sessions: readonly Session[], flows: readonly AgentSide[]): Difference[] {
  const byEffective = new Map(sessions.map((session) => [flowIdText(session.effective.id), session]));
  const byId = new Map(sessions.map((session) => [session.sessionId, session]));
  const matched = new Set<string>();
  const ofAgent = flows.flatMap((agent): Difference[] => {
    const session = byEffective.get(flowIdText(agent.effective)) ?? (agent.sessionId === null ? undefined : byId.get(agent.sessionId));
    if (!session) return [{ difference: 'unknown-to-ledger', fields: [], ledger: null, agent, released: false }];
    matched.add(session.sessionId);
    const fields = fieldsThatDiffer(session, agent);
    return fields.length === 0 ? [] : [{ difference: 'different', fields, ledger: ledgerSide(careOfAddress, session), agent, released: false }];
  });
  const missing = sessions
    .filter(({ sessionId }) => !matched.has(sessionId))
    .map((session): Difference => ({ difference: 'missing-at-agent', fields: [], ledger: ledgerSide(careOfAddress, session), agent: null, released: false }));
  return [...missing, ...ofAgent];
}

/** What the agent does not tell cannot differ. */
function fieldsThatDiffer(session: Session, agent: AgentSide): Difference['fields'] {
  const differs = {
    sessionId: agent.sessionId !== null && agent.sessionId !== session.sessionId,
    mobileNode: agent.mobileNode !== null && agent.mobileNode !== session.mobileNode,
    flow: agent.flow !== null && flowText(agent.flow) !== flowText(session.flow),
    effective: flowIdText(agent.effective) !== flowIdText(session.effective.id),
  };
  return (Object.keys(differs) as Difference['fields'][number][]).filter((field) => differs[field]);
}

function flowText({ senders, ...flow }: Flow): string {
  return canonicalize({ ...flow, ...(senders && { senders: senders.map((sender) => canonicalize(sender)).sort() }) })!;
}

function ledgerSide(careOfAddress: string, { sessionId, mobileNode, flow, state, effective }: Session): LedgerSide {
  return { careOfAddress, effective: effective.id, sessionId, mobileNode, flow, state };
}

function countsOf(ledger: number, agent: number, differences: readonly Difference[]): Reconciliation['counts'] {
  const count = (kind: Difference['difference']): number => differences.filter(({ difference }) => difference === kind).length;
  const [missingAtAgent, unknownToLedger, different] = [count('missing-at-agent'), count('unknown-to-ledger'), count('different')];
  const same = agent - unknownToLedger - different;
  return { ledger, agent, same, missingAtAgent, unknownToLedger, different, released: differences.filter(({ released }) => released).length };
}
