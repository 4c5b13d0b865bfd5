import { v5 } from 'uuid';
import { defaultPolicy, type FlowTableCommand, type MobileNodeCommand } from '#domain';
import {
  ConfigureQosSession, ProvisionForeignAgent, RebootForeignAgent, RegisterMobileNode, RemoveForeignAgent, RevokeRegistrations, StartHandoff,
  type LedgerCommand, type MailOptions,
} from '#ledger';
import type { MemoryServer } from './memory-server';
import type { ObservedRegistration, ObservedReservation, Operation, Registration, Release } from './operation';
import { scopes } from './small-network';

interface Scope {
  readonly foreignAgent: string;
  readonly careOfAddress: string;
}

type Identity = MailOptions<never, never, never>['identity'];

const namespace = '2f0c6a55-6a0f-5d1b-8f5e-3f6f3b1f9d10';

/**
 * Does on one server what an operation says, as its caller would: through the handlers where a caller commands, as the observer does where
 * a capture showed it. The same key is the same command again.
 * @param now milliseconds
 */
export async function perform(server: MemoryServer, operation: Operation, key: string, now: number): Promise<void> {
  switch (operation.kind) {
    case 'provision': {
      const { foreignAgent, careOfAddresses, pools, policy } = operation;
      const body = { foreignAgent, careOfAddresses: [...careOfAddresses], pools, policy } as Partial<ProvisionForeignAgent>;
      await server.provision.execute(made(new ProvisionForeignAgent(), body, key));
      return;
    }
    case 'remove':
      await server.remove.execute(made(new RemoveForeignAgent(), { foreignAgent: operation.foreignAgent, force: operation.force }, key));
      return;
    case 'register':
      await server.register.execute(made(new RegisterMobileNode(), registrationBody(operation), key));
      return;
    case 'reboot':
      await server.reboot.execute(made(new RebootForeignAgent(), { foreignAgent: operation.foreignAgent }, key));
      return;
    case 'revoke': {
      const { mobileNode, foreignAgent } = operation;
      await server.revoke.execute(made(new RevokeRegistrations(), { mobileNode, ...(foreignAgent !== null && { foreignAgent }) }, key));
      return;
    }
    case 'request':
    case 'reply':
    case 'observed-revocation':
      return observeRegistration(server, operation, identityOf(key, 'observed'), now);
    case 'configure': {
      const { scope, mobileNode, flow, style, tspec, refreshPeriodMs } = operation;
      const body = { ...scope, mobileNode, flow, style, tspec, refreshPeriodMs } as Partial<ConfigureQosSession>;
      await server.configure.execute(made(new ConfigureQosSession(), body, key));
      return;
    }
    case 'path':
    case 'resv':
    case 'path-tear':
    case 'resv-tear':
    case 'release':
      return tellScope(server, operation, key, now);
    case 'handoff': {
      const { mobileNode, to, oldAgentReachable, ifRefused, mode } = operation;
      const body = { mobileNode, ...to, ifRefused, oldAgent: oldAgentReachable ? 'reachable' : 'unreachable', ...(mode && { mode }) } as const;
      await server.startHandoff.execute(made(new StartHandoff(), body, key));
      return;
    }
    case 'processes':
      return catchUp(server);
    case 'timers':
      return tick(server, key, now, 'due');
  }
}

/** What a crash left out between two appends is done again, registrations and their like first. */
export async function catchUp({ process, handoffProcess }: MemoryServer): Promise<void> {
  await process.catchUp();
  await handoffProcess.catchUp();
}

/** A timer fires where something is due; where the whole network settles, every stream is told the time. */
export async function tick(server: MemoryServer, key: string, at: number, streams: 'due' | { readonly scopes: readonly Scope[]; readonly nodes: readonly string[] }): Promise<void> {
  const identity = identityOf(key, 'process');
  const command = { type: 'Tick' } as const;
  for (const { foreignAgent, careOfAddress } of streams === 'due' ? scopes : streams.scopes) {
    const mailbox = server.mailboxes.flowTable(foreignAgent, careOfAddress);
    await mailbox.load();
    const isDue = (mailbox.fold.nextDeadline ?? Infinity) <= at;
    if (isDue || streams !== 'due') await mailbox.send({ identity: step(identity, `${foreignAgent}@${careOfAddress}`), command, at });
  }
  if (streams === 'due') return;
  for (const node of streams.nodes) await server.mailboxes.mobileNode(node).send({ identity: step(identity, node), command, at });
}

function registrationBody({ node, scope, homeAgent, atHome, lifetimeSeconds, identification, flags }: Registration<'register'>): Partial<RegisterMobileNode> {
  const { mobileNode, homeAddress } = node;
  const { foreignAgent, careOfAddress } = scope;
  return {
    mobileNode, foreignAgent, homeAgent, homeAddress, careOfAddress: atHome ? homeAddress : careOfAddress, lifetimeSeconds,
    ...(identification !== null && { identification }), flags: [...flags],
  };
}

async function observeRegistration(server: MemoryServer, operation: ObservedRegistration, identity: Identity, now: number): Promise<void> {
  if (operation.kind === 'observed-revocation') {
    const { mobileNode, foreignAgent } = operation;
    return tellNode(server, mobileNode, { type: 'ObserveRevocation', mobileNode, foreignDomainAgent: foreignAgent, observedAt: now, violations: [] }, identity, now);
  }
  const at = now - operation.lateMs;
  const request = operation.kind === 'reply' ? operation.request : operation;
  const { node: { mobileNode, homeAddress }, scope, homeAgent, atHome, flags } = request;
  const seen = { mobileNode, homeAddress, homeAgent, observedAt: at, violations: [] };
  const identification = request.identification!;
  if (operation.kind === 'reply') {
    const { code, lifetimeSeconds } = operation;
    const handoffId = step(identity, 'handoff').commandId;
    return tellNode(server, mobileNode, { type: 'ObserveReply', ...seen, identification, code, lifetimeSeconds, handoffId }, identity, at);
  }
  const { foreignAgent } = scope;
  const careOfAddress = atHome ? homeAddress : scope.careOfAddress;
  const agent = atHome ? null : await server.agents.learn({ foreignAgent: null, careOfAddresses: [careOfAddress], learnedFrom: 'registration' }, identity, at);
  const known = agent === null || 'rejection' in agent ? { foreignAgent, policy: defaultPolicy } : agent;
  const { lifetimeSeconds } = request;
  const command: MobileNodeCommand = {
    type: 'ObserveRequest', ...seen, foreignAgent: known.foreignAgent, careOfAddress, identification, lifetimeSeconds, flags, policy: known.policy, pendingAtAgent: 0,
  };
  await tellNode(server, mobileNode, command, identity, at);
}

async function tellNode(server: MemoryServer, mobileNode: string, command: MobileNodeCommand, identity: Identity, at: number): Promise<void> {
  const { answer } = await server.mailboxes.mobileNode(mobileNode).send({ identity, command, at });
  const handoff = answer.outcome === 'registered' ? answer.handoff : null;
  await (handoff ? server.handoffs.run(handoff, identity, at) : server.registrations.tellScopes(answer, identity, at));
}

async function tellScope(server: MemoryServer, operation: ObservedReservation | Release, key: string, now: number): Promise<void> {
  if (operation.kind === 'release') {
    const { sessionId, cause, scope } = operation;
    const [foreignAgent, careOfAddress] = scope.split('@') as [string, string];
    const command: FlowTableCommand = { type: 'ReleaseSession', sessionId, cause, claimedBy: null };
    const identity = identityOf(key, 'commanded');
    const { events } = await server.mailboxes.flowTable(foreignAgent, careOfAddress).send({ identity, command });
    await server.leftLegs.end(events, { foreignAgent, careOfAddress }, identity);
    return;
  }
  const { scope, lateMs } = operation;
  const at = now - lateMs;
  const mailbox = server.mailboxes.flowTable(scope.foreignAgent, scope.careOfAddress);
  const identity = identityOf(key, 'observed');
  const { events } = await mailbox.send({ identity, command: observation(operation, at, v5(`session ${key}`, namespace)), at });
  await server.leftLegs.end(events, scope, identity, at);
}

function observation(operation: ObservedReservation, observedAt: number, sessionId: string): FlowTableCommand {
  const { mobileNode, flow, style } = operation;
  const seen = { mobileNode, flow, observedAt, violations: [] };
  switch (operation.kind) {
    case 'path':
      return { type: 'ObservePath', ...seen, sessionId, service: null, tspec: operation.tspec, refreshPeriodMs: operation.refreshPeriodMs };
    case 'resv':
      return { type: 'ObserveReservation', ...seen, sessionId, style, service: 'guaranteed', tspec: operation.tspec, refreshPeriodMs: operation.refreshPeriodMs };
    case 'path-tear':
      return { type: 'ObservePathTear', ...seen };
    case 'resv-tear':
      return { type: 'ObserveReservationTear', ...seen, style };
  }
}

function made<C extends LedgerCommand<unknown>>(command: C, body: Partial<C>, key: string): C {
  Object.assign(command, body);
  command.context = { idempotencyKey: key, bodyDigest: key, actor: 'soak', ifMatch: null };
  return command;
}

function identityOf(key: string, origin: Identity['origin']): Identity {
  const commandId = v5(key, namespace);
  return { commandId, idempotencyKey: null, bodyDigest: '', actor: 'soak', origin, correlationId: commandId, causationId: commandId };
}

function step(identity: Identity, name: string): Identity {
  return { ...identity, commandId: v5(name, identity.commandId) };
}
