import type { FlowTableEvent } from './events';

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
    case 'TemporaryFlowIdAllocated':
    case 'LegRefused':
      return 1_500 + 300 * event.matched.length;
    case 'LegsHeld':
      return 700 + 500 * event.legs.length;
    default:
      return 800;
  }
}
