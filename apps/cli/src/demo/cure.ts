import type { QosSessionConfigured } from '#domain';
import type { EventRow } from '../ledger-rows';
import { briefFlowIdText, flowIdText, temporaryText } from '../terminal/flow-text';
import { printable, shownLength } from '../terminal/text';

/** One collision and what cured it: who came, who was there, and which temporary flow id keeps them apart. */
export interface Cure {
  readonly at: string;
  readonly foreignAgent: string;
  readonly mobileNode: string;
  readonly asked: string;
  /** Without the care-of address. */
  readonly askedBriefly: string;
  readonly holders: readonly string[];
  readonly quarantined: boolean;
  readonly temporary: string;
}

/** Null where the session came in without a match, or where the network itself chose its id. */
export function cureOf(event: EventRow): Cure | null {
  if (event.type !== 'QosSessionConfigured') return null;
  const session = event.data as unknown as QosSessionConfigured;
  if (session.temporary === null || session.matched.length === 0) return null;
  return {
    at: session.occurredAt,
    foreignAgent: session.foreignAgent,
    mobileNode: session.mobileNode ?? 'an unknown node',
    asked: flowIdText(session.requested),
    askedBriefly: briefFlowIdText(session.requested),
    holders: session.matched.map(match => match.mobileNode ?? 'an unknown node'),
    quarantined: session.matched.every(match => match.state === 'quarantined'),
    temporary: temporaryText(session.temporary),
  };
}

/** In as many words as `width` has room for. */
export function cureText(cure: Cure, width = Infinity): string {
  const holders = cure.holders.join(' and ');
  const whole = `${cure.mobileNode} asked for ${cure.asked}, ${cure.quarantined ? 'still in quarantine from' : 'already held by'} ${holders} → temporary ${cure.temporary}`;
  const brief = `${cure.mobileNode} asked for ${cure.askedBriefly}, ${cure.quarantined ? 'kept from' : 'held by'} ${holders} → ${cure.temporary}`;
  return printable(shownLength(whole) <= width ? whole : brief);
}
