import type { RsvpMessageKind } from '../messages';

/** Message types: RFC 2205 §3.1.1; 2961 (12–15), 3209 (20), 3473 (21), 2747 (25, 26), 5063 (30). */
const typeOfKind: Readonly<Record<Exclude<RsvpMessageKind, 'unknown'>, number>> = {
  path: 1,
  resv: 2,
  'path-err': 3,
  'resv-err': 4,
  'path-tear': 5,
  'resv-tear': 6,
  'resv-conf': 7,
  bundle: 12,
  ack: 13,
  srefresh: 15,
  hello: 20,
  notify: 21,
  'integrity-challenge': 25,
  'integrity-response': 26,
  'recovery-path': 30,
};

const kindOfType = new Map<number, RsvpMessageKind>(
  Object.entries(typeOfKind).map(([kind, type]) => [type, kind as RsvpMessageKind]),
);

/** Message types that came with refresh reduction, RSVP-TE and GMPLS: told apart by name, never taken for IntServ. */
const trafficEngineering: ReadonlySet<RsvpMessageKind> = new Set(['bundle', 'ack', 'srefresh', 'hello', 'notify', 'recovery-path']);

export function rsvpKind(messageType: number): RsvpMessageKind {
  return kindOfType.get(messageType) ?? 'unknown';
}

export function rsvpMessageType(kind: Exclude<RsvpMessageKind, 'unknown'>): number {
  return typeOfKind[kind];
}

export function isTrafficEngineeringKind(kind: RsvpMessageKind): boolean {
  return trafficEngineering.has(kind);
}
