/** A session as a command asks for it. */
import type { ConfigureSession } from '../commands/flow-table-commands';
import { coveredPaths, pathsTakenOver } from './covered-paths';
import type { SenderPath } from '../events/events';
import type { Flow, Service, Style, Tspec } from '../flow/flow';
import type { FlowTableDecision } from '../scope/flow-table-decision';
import type { Session } from '../scope/flow-table-state';
import type { Allocator } from '../flow/policy';
import type { PartsTold, SessionTerms } from './session-terms';
import { leaseUntil, toTimestamp } from '../flow/soft-state';

const nothingMerged: readonly Session[] = [];

/**
 * Path state of the node that a capture showed is of its own RSVP session: a list or a wildcard takes over what it covers, as by a RESV. Of a
 * node that is handed off from here only what stands is refreshed.
 */
export function commandedTerms(decision: FlowTableDecision, command: ConfigureSession): SessionTerms {
  const { state } = decision;
  const isHeld = state.holds.get(command.mobileNode) !== undefined;
  const merges = isHeld ? nothingMerged : coveredPaths(state, command);
  const paths = isHeld ? [] : pathsCommanded(decision, command, merges);
  return new CommandedTerms(command, state.policy.allocator, merges, paths.length > 0 ? { paths } : undefined);
}

/** Whoever commands a session says that all of it stands: the paths begin anew with it, as far as it has soft state at all. */
function pathsCommanded(decision: FlowTableDecision, command: ConfigureSession, merges: readonly Session[]): SenderPath[] {
  const { state, now } = decision;
  const { mobileNode, flow, style } = command;
  const paths = pathsTakenOver(decision, command, merges);
  if (paths.length === 0) return paths;
  const isSoft = (command.refreshPeriodMs ?? state.indexes.nodes.sessionOf(mobileNode, flow, style)?.refreshPeriodMs) !== 0;
  return paths.map(({ refreshPeriodMs, expiresAt, ...path }) =>
    expiresAt === undefined || !isSoft ? path : { ...path, refreshPeriodMs: refreshPeriodMs!, expiresAt: toTimestamp(leaseUntil(now, refreshPeriodMs!)!) },
  );
}

/** The command's own id is asked for only where a session is new. */
class CommandedTerms implements SessionTerms {
  readonly mobileNode: string;
  readonly flow: Flow;
  readonly style: Style;
  readonly service: Service | null;
  readonly tspec: Tspec | null;
  readonly refreshPeriodMs: number | undefined;
  readonly replaces: string | null;
  readonly state = 'live';
  readonly violations = undefined;
  readonly refreshes = 'both';

  constructor(
    private readonly command: ConfigureSession,
    readonly allocator: Allocator,
    readonly merges: readonly Session[],
    readonly told: PartsTold | undefined,
  ) {
    this.mobileNode = command.mobileNode;
    this.flow = command.flow;
    this.style = command.style;
    this.service = command.service;
    this.tspec = command.tspec;
    this.refreshPeriodMs = command.refreshPeriodMs;
    this.replaces = command.replaces;
  }

  get sessionId(): string {
    return this.command.sessionId;
  }
}
