import type { LedgerEvent } from '#domain';
import { insert, type Projection } from './projection';

const name = { ...insert('session_events', { session_id: 'uuid', position: 'bigint' }, 'on conflict do nothing'), merges: true };

/** Where in the log a session is named: its history is read there. */
export const sessionEvents: Projection = {
  name: 'session_events',
  categories: ['flowTable', 'mobileNode'],
  project: ({ event, position }) =>
    sessionsOf(event).map((sessionId) => ({ statement: name, keys: [], row: { session_id: sessionId, position } })),
};

function sessionsOf(event: LedgerEvent): readonly string[] {
  switch (event.type) {
    case 'TemporaryFlowIdAllocated':
    case 'QosSessionConfigured':
    case 'QosSessionModified':
    case 'QosSessionReleased':
    case 'LegRefused':
    case 'DegradedLegEnded':
      return [event.sessionId];
    case 'LegsHeld':
      return [...event.legs.map(({ sessionId }) => sessionId), ...(event.others ?? [])];
    case 'HandoffCommitted':
      return [...event.configured, ...event.degraded];
    case 'SignallingObserved':
      return event.sessionId === null ? [] : [event.sessionId];
    case 'QuarantineEnded':
      // A quarantine is named after its session, and after a revision where a sender left.
      return event.quarantines.map((quarantine) => quarantine.split('/')[0]!);
    default:
      return [];
  }
}
