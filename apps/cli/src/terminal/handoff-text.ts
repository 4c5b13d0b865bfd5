import type { Match } from '#domain';
import type { HandoffLeg, HandoffLegEnd, HandoffRow } from '../handoff-rows';
import { durationBetween, durationText } from './duration';
import { selectorText, temporaryText } from './flow-text';
import { protocolName } from './message-facts';
import { printable, timeOfDay } from './text';

type FlowFields = Pick<HandoffLeg, 'correspondentNode' | 'protocol' | 'destinationPort' | 'sourcePort' | 'flowLabel' | 'spi' | 'senders' | 'style'>;

/** From where to where: `fa-1 → fa-2`; one agent with several care-of addresses by those. */
export function wayText({ from, to }: Pick<HandoffRow, 'from' | 'to'>): string {
  const sameAgent = to !== null && from.some(({ foreignAgent }) => foreignAgent === to.foreignAgent);
  const place = ({ foreignAgent, careOfAddress }: Pick<HandoffLegEnd, 'foreignAgent' | 'careOfAddress'>): string => printable(sameAgent ? careOfAddress : foreignAgent);
  return `${from.map(place).join(', ')} → ${to === null ? 'home' : place(to)}`;
}

/** The flow of a session as whoever made the call knows it. */
export function flowText(flow: FlowFields): string {
  const correspondents = flow.correspondentNode ?? [...new Set((flow.senders ?? []).map(({ correspondentNode }) => correspondentNode))].join(',');
  return printable([protocolName(flow.protocol), correspondents || '*', selectorText(flow)].filter((part) => part !== '').join(' '));
}

/** Who holds what the requested id overlaps. */
export function matchedText(matched: readonly Pick<Match, 'mobileNode' | 'state'>[]): string {
  if (matched.length === 0) return 'chosen by the network';
  const owners = matched.map(({ mobileNode, state }) => `${printable(mobileNode ?? 'an unknown node')}${state === 'live' ? '' : ' (quarantined)'}`);
  return `held by ${[...new Set(owners)].join(', ')}`;
}

/** Why a leg ended, where the cause's name does not say it. */
const causes: Readonly<Record<string, string>> = {
  handoff: 'the node moved on',
  'handoff-rolled-back': 'the handoff was rolled back',
  deregistration: 'the node deregistered',
  configured: 'it got its id',
};

export function causeText(cause: string): string {
  return causes[cause] ?? cause;
}

/** `fa-2 source port 49152`, `fa-2 none`, nothing where there was no leg. */
export function legEndText(leg: HandoffLegEnd | null): string {
  if (leg === null) return '';
  return printable(`${leg.foreignAgent} ${leg.effective === null ? 'none' : temporaryText(leg.temporary)}`);
}

export function outcomeText({ outcome, rejection, recoveredAt }: HandoffLeg): string {
  if (rejection === null) return outcome;
  return `${outcome}: ${rejection}${recoveredAt === null ? '' : `, until ${timeOfDay(recoveredAt)}`}`;
}

/** How long nothing carried the session; open-ended where nothing does. */
export function gapText({ from, to, gapMs }: HandoffLeg): string {
  if (gapMs !== null) return durationText(gapMs);
  if (to === null || !from?.until) return '';
  return to.until === null ? `since ${timeOfDay(from.until)}` : `${durationBetween(from.until, to.until)}, then ${causeText(to.cause ?? '')}`;
}
