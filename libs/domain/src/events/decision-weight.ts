import { endsOfAppend, legsOfAppend } from './append-bounds';
import type { DegradedLeg } from '../scope/degraded-legs';
import type { FlowTableEvent, Match } from './events';
import type { Flow, FlowId } from '../flow/flow';
import type { HeldLeg } from './handoff-events';
import type { Session } from '../scope/session';
import type { PartsTold } from '../rule/session-terms';

/**
 * Every store takes 1 MiB in one append at most. A decision that may come to more (a scope that empties, leases of thousands of sessions) stops
 * where it is full and goes on in the next append; each leaves a state that holds the invariants.
 */
export const fullWeight = 400_000;

/** Bytes of an event with its metadata, roughly and rather too many. */
export function weightOf(event: FlowTableEvent): number {
  switch (event.type) {
    case 'LeasesExtended': {
      const { sessions, reservations, paths, requests } = event;
      return 700 + 40 * (sessions.length + (reservations?.length ?? 0)) + 100 * ((paths?.length ?? 0) + (requests?.length ?? 0));
    }
    case 'QosSessionConfigured':
      return 1_500 + ofMatched(event.matched) + ofSenders(event.flow, event.requested, event.effective) + ofParts(event);
    case 'QosSessionModified':
      return 800 + ofSenders(event.flow, event.requested, event.effective, event.sendersLeft) + ofParts(event);
    case 'QosSessionReleased':
      return 800 + ofSenders(event.effective, event) + ofParts(event);
    case 'TemporaryFlowIdAllocated':
      return 1_500 + ofMatched(event.matched);
    case 'LegRefused':
      return 1_500 + ofMatched(event.matched) + ofSenders(event.flow, event.requested);
    case 'LegsHeld':
      return event.legs.reduce((weight, { flow }) => weight + 500 + ofSenders(flow), 700 + 200 * (event.ended?.length ?? 0));
    default:
      return 800;
  }
}

function ofMatched(matched: readonly Match[]): number {
  return matched.reduce((weight, { effective }) => weight + 300 + ofSenders(effective), 0);
}

/** SE: a list names up to a thousand, in the flow and in each id that is made of it. */
function ofSenders(...lists: (Flow | FlowId | { readonly senders?: readonly unknown[] } | undefined)[]): number {
  return lists.reduce((weight, list) => (list !== undefined && 'senders' in list ? weight + 90 * (list.senders?.length ?? 0) : weight), 0);
}

/** Of sessions that end together, those that do so in one append, in their order. */
export function thatEndInOneAppend<S extends Session | DegradedLeg>(sessions: readonly S[]): readonly S[] {
  return thatFit(sessions, endsOfAppend, (session) => ('effective' in session ? ofSenders(session.effective.id) : 0));
}

/** Of legs that come to a scope, those that one append makes: a list stands in the flow and in two ids of each. */
export function thatComeInOneAppend(legs: readonly HeldLeg[]): readonly HeldLeg[] {
  return thatFit(legs, legsOfAppend, ({ flow }) => 3 * ofSenders(flow));
}

/** Of legs that are frozen, those that are told in full. */
export function thatAreToldInFull(legs: readonly HeldLeg[], most: number): readonly HeldLeg[] {
  return thatFit(legs, most, ({ flow }) => ofSenders(flow));
}

/** What a session matched is told twice where it gets a temporary id. */
export function matchesThatFit(matched: readonly Match[], most: number): readonly Match[] {
  return thatFit(matched, most, ({ effective }) => ofSenders(effective), fullWeight / 4);
}

/** The first of them, at least one: as many as `most`, whose lists come to no more than `bound`. All of them are the same array. */
function thatFit<T>(items: readonly T[], most: number, listsOf: (item: T) => number, bound = fullWeight): readonly T[] {
  let lists = 0;
  const count = items.findIndex((item, index) => {
    lists += listsOf(item);
    return index === most || (index > 0 && lists > bound);
  });
  return count < 0 ? items : items.slice(0, count);
}

/** Each path has its ADSPEC, and each next hop its own list. */
function ofParts({ paths = [], requests = [] }: Pick<PartsTold, 'paths' | 'requests'>): number {
  const ofPaths = paths.reduce((weight, { adspecs }) => weight + 700 + 500 * (adspecs?.length ?? 0), 0);
  return requests.reduce((weight, request) => weight + 400 + ofSenders(request), ofPaths);
}
