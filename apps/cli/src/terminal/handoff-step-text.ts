import type { HandoffStarted, HeldLeg, LedgerEvent, LegRefused, QosSessionConfigured, QosSessionModified } from '#domain';
import type { Handoff, HandoffStep } from '../handoff-rows';
import { durationText } from './duration';
import { flowIdText, temporaryText } from './flow-text';
import { causeText, flowText, matchedText } from './handoff-text';
import { counted, printable, timeOfDay } from './text';

const stepNames: Readonly<Record<string, string>> = {
  HandoffStarted: 'started',
  LegsHeld: 'held',
  VisitorAdmitted: 'admitted',
  QosSessionConfigured: 'configured',
  LegRefused: 'refused',
  HandoffCommitted: 'committed',
  RegistrationAccepted: 'bound',
  RegistrationEnded: 'unbound',
  VisitorLeft: 'left',
  QosSessionReleased: 'released',
  DegradedLegEnded: 'ended',
  LegsUnheld: 'hold ends',
  HandoffCompleted: 'completed',
  HandoffSuperseded: 'superseded',
  HandoffRolledBack: 'rolled back',
};

export function stepName({ type, detail }: HandoffStep): string {
  if (type === 'QosSessionModified') return detail['state'] === 'orphaned' ? 'orphaned' : 'refreshed';
  return stepNames[type] ?? type;
}

/** An allocation is told with the leg that got it, in the same append. */
export function isTold({ type }: HandoffStep): boolean {
  return type !== 'TemporaryFlowIdAllocated';
}

/** What a step did, and why. */
export function stepText(step: HandoffStep, handoff: Handoff): string {
  const flow = flowOf(step, handoff);
  const event = { type: step.type, ...step.detail } as unknown as LedgerEvent;
  switch (event.type) {
    case 'HandoffStarted':
      return startText(event);
    case 'LegsHeld':
      return `${counted(event.legs.length + (event.others?.length ?? 0), 'session')}; nothing new is configured here until the hold ends`;
    case 'VisitorAdmitted':
      return untilText(event.expiresAt);
    case 'QosSessionConfigured':
      return `${flow}: ${heldText(event)}`;
    case 'LegRefused':
      return `${flow}: ${refusalText(event)}`;
    case 'QosSessionModified':
      return `${flow}${orphanText(event)}`;
    case 'QosSessionReleased':
      return `${flow}: ${causeText(event.cause)}`;
    case 'DegradedLegEnded':
      return `${flow}, degraded: ${causeText(event.cause)}`;
    case 'VisitorLeft':
    case 'RegistrationEnded':
      return causeText(event.cause);
    default:
      return progressText(step);
  }
}

function progressText({ type, detail }: HandoffStep): string {
  const event = { type, ...detail } as unknown as LedgerEvent;
  switch (event.type) {
    case 'HandoffCommitted':
      return `${counted(event.configured.length, 'session')} configured, ${event.degraded.length} degraded; from here there is no way back`;
    case 'HandoffCompleted':
      return `${counted(event.released, 'old leg')} released, ${event.orphaned} orphaned${event.gapMs === null ? '' : `, gap ${durationText(event.gapMs)}`}`;
    case 'HandoffSuperseded':
      return `handoff ${event.by} took its place ${event.committed ? 'after' : 'before'} the commit`;
    case 'HandoffRolledBack':
      return `${event.reason}: ${printable(event.detail)}`;
    case 'LegsUnheld':
      return event.outcome;
    case 'RegistrationAccepted':
      return `${printable(event.foreignAgent)} (${event.careOfAddress}), ${untilText(event.expiresAt)}`;
    default:
      return printable(detail);
  }
}

function startText({ cause, oldLegs, ifRefused, deadline, supersedes }: HandoffStarted): string {
  const parts = [
    cause === 'command' ? 'by command' : 'by an accepted registration',
    oldLegs === 'release' ? 'old legs are released' : 'old legs are left to expire (the old agent is not told)',
    ...(ifRefused === 'roll-back' ? ['a refused leg rolls it back'] : []),
    ...(deadline === null ? [] : [`rolled back unless committed by ${timeOfDay(deadline)}`]),
    ...(supersedes === null ? [] : [`takes the place of handoff ${supersedes}`]),
  ];
  return parts.join('; ');
}

function flowOf({ sessionId, detail }: HandoffStep, { legs }: Handoff): string {
  const leg = legs.find((each) => each.sessionId === sessionId);
  const flow = detail['flow'] as HeldLeg['flow'] | undefined;
  if (leg) return flowText(leg);
  if (flow === undefined) return `session ${sessionId ?? ''}`;
  const { correspondentNode = null, protocol, destinationPort = null, sourcePort = null, flowLabel = null, spi = null, senders = null } = flow;
  return flowText({ correspondentNode, protocol, destinationPort, sourcePort, flowLabel, spi, senders, style: null });
}

function heldText({ effective, temporary, matched }: QosSessionConfigured): string {
  if (temporary === null) return `native, ${flowIdText(effective)}`;
  return `${temporaryText(temporary)}, as its own id is ${matchedText(matched)}`;
}

function refusalText({ rejection, detail, matched }: LegRefused): string {
  return `${rejection}: ${printable(detail)}${matched.length === 0 ? '' : ` Its own id is ${matchedText(matched)}.`}`;
}

function orphanText({ state, orphanedUntil }: QosSessionModified): string {
  if (state !== 'orphaned') return ': stands here still and serves the session again';
  return orphanedUntil === undefined || orphanedUntil === null ? ': until its lease ends' : `: until ${timeOfDay(orphanedUntil)} at the latest`;
}

const untilText = (expiresAt: string | null): string => (expiresAt === null ? 'for ever' : `until ${timeOfDay(expiresAt)}`);
