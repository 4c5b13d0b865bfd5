import { mobileNodeIdFault, readMobileNodeId, type ConfigureQosSession, type LedgerCommand, type RegisterMobileNode, type ReleaseQosSession, type SessionDirectory } from '#ledger';
import { foreignAgentRoutes } from '../foreign-agents.controller';
import { handoffRoutes } from '../handoffs.controller';
import type { Route } from '../http/route';
import { mobileNodeRoutes } from '../mobile-nodes.controller';
import type { Fault } from '../problems/problem';
import { qosSessionRoutes } from '../qos-sessions.controller';
import { oneAfterTheOther, type LaneUse } from './lanes';

/** One command of a batch: the route that takes it alone, and what the batch must know beside it. */
export interface BatchCommand {
  readonly route: Route;
  /** Where it keeps its order; null: everything before it is done first, and everything behind it waits. */
  readonly lanes: ((command: LedgerCommand<unknown>, sessions: SessionDirectory) => readonly LaneUse[] | Promise<readonly LaneUse[]>) | null;
  /** Neighbours without a key are begun together, in these lanes. */
  readonly together?: (command: LedgerCommand<unknown>) => readonly LaneUse[];
  readonly isCreated: (body: object) => boolean;
  /** What parameters and body show only together. */
  readonly faults?: (command: LedgerCommand<unknown>) => readonly Fault[];
}

const scopeLane = (foreignAgent: string, careOfAddress: string): string => `scope ${foreignAgent}@${careOfAddress}`;
const nodeLane = (mobileNode: string): string => `node ${mobileNode}`;

/**
 * What was answered under a key before is looked up first. Look-ups keep their order, as a mailbox does, but a command without a key would
 * overtake them.
 */
const kindOf = (name: string, { context }: LedgerCommand<unknown>): string => (context.idempotencyKey === null ? name : `${name} by key`);

function configureLanes(command: LedgerCommand<unknown>): readonly LaneUse[] {
  const { foreignAgent, careOfAddress, mobileNode } = command as ConfigureQosSession;
  const kind = kindOf('configure', command);
  return [{ name: scopeLane(foreignAgent, careOfAddress), kind }, { name: nodeLane(mobileNode), kind }];
}

/** By the names of interface.md: the command classes in kebab case. */
export const batchCommands: Readonly<Record<string, BatchCommand>> = {
  'configure-qos-session': {
    route: qosSessionRoutes.configure,
    lanes: configureLanes,
    together: configureLanes,
    isCreated: (body) => (body as { outcome: string }).outcome === 'configured',
  },
  'release-qos-session': {
    route: qosSessionRoutes.release,
    lanes: async (command, sessions) => {
      const { sessionId, mobileNode } = command as ReleaseQosSession;
      const kind = kindOf('release', command);
      const scope = await sessions.scopeOf(sessionId);
      if (scope === null) return [];
      // Found at once when its turn comes, so that its neighbours do not overtake it.
      sessions.learn(sessionId, scope);
      return [{ name: scopeLane(scope.foreignAgent, scope.careOfAddress), kind }, ...(mobileNode === null ? [] : [{ name: nodeLane(mobileNode), kind }])];
    },
    isCreated: () => false,
  },
  // Registrations of different nodes are of different streams; those of one node are one after the other.
  'register-mobile-node': {
    route: mobileNodeRoutes.register,
    lanes: (command) => {
      const { foreignAgent, careOfAddress, mobileNode } = command as RegisterMobileNode;
      return [{ name: scopeLane(foreignAgent, careOfAddress), kind: 'register' }, { name: nodeLane(mobileNode), kind: oneAfterTheOther }];
    },
    isCreated: () => true,
    faults: (command) => {
      const { mobileNode, homeAddress, homeAgent } = command as RegisterMobileNode;
      const fault = mobileNodeIdFault(mobileNode);
      if (fault !== null) return [{ pointer: '/mobileNode', detail: fault }];
      const { addresses } = readMobileNodeId(mobileNode);
      if (addresses === null) return [];
      const body = { homeAddress, homeAgent };
      return (['homeAddress', 'homeAgent'] as const)
        .filter((name) => addresses[name] !== body[name])
        .map((name) => ({ pointer: `/${name}`, detail: `The mobile node id says ${addresses[name]}.` }));
    },
  },
  // Its steps are in scopes that only the node's stream names.
  'start-handoff': { route: handoffRoutes.start, lanes: null, isCreated: () => true },
  'provision-foreign-agent': {
    route: foreignAgentRoutes.provision,
    lanes: null,
    isCreated: (body) => (body as { created: boolean }).created,
  },
  'revoke-registrations': { route: mobileNodeRoutes.revoke, lanes: null, isCreated: (body) => (body as { revoked: readonly unknown[] }).revoked.length > 0 },
  'reboot-foreign-agent': { route: foreignAgentRoutes.reboot, lanes: null, isCreated: () => true },
  'remove-foreign-agent': { route: foreignAgentRoutes.remove, lanes: null, isCreated: () => false },
};
