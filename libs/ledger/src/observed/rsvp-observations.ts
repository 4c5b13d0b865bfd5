/** What an RSVP message says of flows: the observations that a scope is told. */
import {
  hasPorts, senderOf,
  type Flow, type ObserveOther, type OfHome, type ObservePath, type ObservePathTear, type ObserveReservation, type ObserveReservationTear,
  rsvpErrorName, tunnelPort, wireFloat, type Adspec, type Rspec, type Service, type Tspec, type TunnelAssociation,
} from '#domain';
import {
  isPossibleSender, isPossibleSession,
  type FlowDescriptor, type Flowspec, type RsvpMessage, type RsvpSender, type RsvpSession, type TokenBucket, type Violation,
} from '#signalling';

/** RFC 2205 §3.7: R where a message says none, or says 0, which is a violation and would make state that never ends. */
const defaultRefreshPeriodMs = 30_000;

export interface Whose {
  readonly mobileNode: string | null;
  /** By which of its bindings the message came; null, or absent: of none. */
  readonly home?: OfHome | null;
  readonly observedAt: number;
  readonly violations: readonly Violation[];
  /** Where the message was sent to: of a RESV the router at which it meets others. */
  readonly node: string;
  /** By which the message is known again. */
  readonly digest?: string;
  /** Id of the n-th session that the message makes. */
  readonly sessionId: (index: number) => string;
}

export type RsvpObservation = ObservePath | ObserveReservation | ObservePathTear | ObserveReservationTear | ObserveOther;

/**
 * A router discards it (RFC 2205 §3.1.1), or rejects the whole message (§3.10: an unknown class that asks for it), so it makes and ends
 * nothing.
 */
const discarded: ReadonlySet<string> = new Set(['version-wrong', 'checksum-wrong', 'object-class-unknown']);
const ofFlows: ReadonlySet<RsvpMessage['kind']> = new Set(['path', 'resv', 'path-err', 'resv-err', 'path-tear', 'resv-tear', 'resv-conf', 'unknown']);

export function isDiscarded(violations: readonly Violation[]): boolean {
  return violations.some(({ name }) => discarded.has(name));
}

/** RSVP-TE, hellos and summary refreshes do not, unless what came of them is to be discarded. */
export function concernsFlows({ te, kind, session }: RsvpMessage, violations: readonly Violation[]): boolean {
  return !te && (session !== null || ofFlows.has(kind) || isDiscarded(violations));
}

/** Empty for what concerns no IntServ flow: RSVP-TE, hellos, summary refreshes. What makes no sense is kept as it was seen. */
export function rsvpObservations(message: RsvpMessage, whose: Whose): RsvpObservation[] {
  const { session, te, kind } = message;
  if (te) return [];
  const isIgnored = isDiscarded(whose.violations);
  const observations = session === null || isIgnored ? [] : ofSession(message, session, whose);
  return observations.length === 0 && (isIgnored || ofFlows.has(kind)) ? [asSeen(message, whose)] : observations;
}

/** What nothing is odd about has nothing by which its repeats could be counted: each is told. */
function asSeen(message: RsvpMessage, { mobileNode, observedAt, violations, digest }: Whose): ObserveOther {
  const detail = message.session === null ? {} : detailOf(message, message.session);
  const known = digest !== undefined && violations.length > 0 && { digest };
  return { type: 'ObserveOther', message: message.kind, mobileNode, flow: null, detail, ...known, observedAt, violations };
}

function ofSession(message: RsvpMessage, session: RsvpSession, whose: Whose): RsvpObservation[] {
  const { sender } = message;
  const { mobileNode, observedAt, violations } = whose;
  const seen = { mobileNode, observedAt, violations };
  const byHome = whose.home ? { home: whose.home } : {};
  switch (message.kind) {
    case 'path': {
      if (!sender || !isPossibleSender(session, sender)) return [];
      const refreshPeriodMs = message.refreshPeriodMs || defaultRefreshPeriodMs;
      const terms = { sessionId: whose.sessionId(0), service: null, tspec: tspecOf(message.senderTspec), refreshPeriodMs };
      const association = associationOf(message);
      return [{ type: 'ObservePath', ...seen, ...terms, flow: flowOf(session, sender), ...(association && { association }), ...adspecOf(message), ...previousHopOf(message), ...byHome }];
    }
    case 'resv':
      return reservations(message, session).map(({ style, flow, flowspec }, index) => ({
        type: 'ObserveReservation', ...seen, style, flow, ...reservedTerms(flowspec), ...hopOf(message, whose), ...byHome,
        sessionId: whose.sessionId(index), refreshPeriodMs: message.refreshPeriodMs || defaultRefreshPeriodMs,
      }));
    case 'path-tear':
      return sender && isPossibleSender(session, sender) ? [{ type: 'ObservePathTear', ...seen, flow: flowOf(session, sender) }] : [];
    case 'resv-tear':
      return reservations(message, session).map(({ style, flow }) => ({ type: 'ObserveReservationTear', ...seen, style, flow, ...hopOf(message, whose) }));
    case 'path-err':
    case 'resv-err':
    case 'resv-conf':
      return [{ type: 'ObserveOther', ...seen, message: message.kind, flow: flowNamedBy(message, session), detail: detailOf(message, session) }];
    default:
      return [];
  }
}

/** Of the message itself, or of the tunnel session in which its session travels. */
export function associationOf({ sessionAssoc }: RsvpMessage): TunnelAssociation | null {
  if (sessionAssoc === null || sessionAssoc.sender.sourcePort === null) return null;
  const { session: { destination, protocol, destinationPort }, sender: { source, sourcePort } } = sessionAssoc;
  return { session: { destination, protocol, destinationPort }, tunnel: { source, sourcePort } };
}

/** UDP to port 363 of the tunnel's end (RFC 2746 §3.1), which says whose end-to-end session it carries. */
export function isTunnelSession({ session }: RsvpMessage): boolean {
  return session?.protocol === 17 && session.destinationPort === tunnelPort;
}

/** Two refreshes lie half of R apart or more (RFC 2205 §3.7): within a second, by which copies of one message may differ, where R is no longer than two. */
const longestWithinSkewMs = 2_000;

/** Its next refresh, the same byte for byte, may come as soon as a copy of it. */
export function mayRefreshAtOnce({ kind, refreshPeriodMs }: RsvpMessage): boolean {
  return (kind === 'path' || kind === 'resv') && (refreshPeriodMs ?? 0) > 0 && refreshPeriodMs! <= longestWithinSkewMs;
}

interface Reservation {
  readonly style: 'FF' | 'SE' | 'WF';
  readonly flow: Flow;
  readonly flowspec: Flowspec | null;
}

/** FF: one a descriptor. SE: one for all senders, whatever tells each. WF: one. */
function reservations(message: RsvpMessage, session: RsvpSession): Reservation[] {
  const { style, flowDescriptors } = message;
  const flowspec = flowDescriptors.find((descriptor) => descriptor.flowspec)?.flowspec ?? null;
  if (!isPossibleSession(session)) return [];
  const senders = flowDescriptors.flatMap((descriptor) => descriptor.senders).filter((sender) => isPossibleSender(session, sender));
  if (style === 'WF') return [{ style, flowspec, flow: { protocol: session.protocol, destinationPort: session.destinationPort } }];
  if (style === 'SE') return senders.length === 0 ? [] : [{ style, flowspec, flow: sharedFlow(session, senders) }];
  if (style === null) return [];
  return flowDescriptors.flatMap((descriptor: FlowDescriptor) =>
    descriptor.senders.filter((sender) => isPossibleSender(session, sender)).map((sender) => ({ style: 'FF' as const, flowspec: descriptor.flowspec ?? flowspec, flow: flowOf(session, sender) })),
  );
}

/** Where nothing tells the senders but their protocol, the destination port is none, as of a flow of one of them. */
function sharedFlow(session: RsvpSession, senders: readonly RsvpSender[]): Flow {
  const flows = senders.map((sender) => flowOf(session, sender));
  const destinationPort = flows.find((flow) => flow.destinationPort !== undefined)?.destinationPort;
  return { protocol: session.protocol, ...(destinationPort !== undefined && { destinationPort }), senders: flows.map(senderOf) };
}

/** An observed flow label 0 falls back to ports (domain.md §3). */
function flowOf(session: RsvpSession, sender: RsvpSender): Flow {
  const { protocol, destinationPort } = session;
  const correspondentNode = sender.source;
  if (sender.spi !== null) return { correspondentNode, protocol, destinationPort, spi: sender.spi };
  if (sender.flowLabel !== null && sender.flowLabel !== 0) return { correspondentNode, protocol, destinationPort, flowLabel: sender.flowLabel };
  if (!hasPorts(protocol)) return { correspondentNode, protocol };
  return { correspondentNode, protocol, destinationPort, sourcePort: sender.sourcePort ?? 0 };
}

function flowNamedBy(message: RsvpMessage, session: RsvpSession): Flow | null {
  const sender = message.sender ?? message.flowDescriptors.flatMap((descriptor) => descriptor.senders)[0];
  return sender ? flowOf(session, sender) : null;
}

function detailOf(message: RsvpMessage, session: RsvpSession): Readonly<Record<string, unknown>> {
  const { destination, protocol, destinationPort } = session;
  return {
    session: { destination, protocol, destinationPort },
    ...(message.error && { error: errorOf(message.error) }),
    ...(message.confirm && { receiver: message.confirm.receiver }),
  };
}

function hopOf({ hop }: RsvpMessage, { node }: Whose): { nextHop?: string; node?: string } {
  return hop === null ? {} : { nextHop: hop.address, node };
}

function previousHopOf({ hop }: RsvpMessage): { previousHop?: string } {
  return hop === null ? {} : { previousHop: hop.address };
}

function adspecOf({ adspec, hop }: RsvpMessage): { adspec?: Adspec } {
  if (adspec === null) return {};
  const { bandwidth, ...rest } = adspec;
  return { adspec: { ...(hop && { previousHop: hop.address }), ...rest, bandwidth: bandwidth === null ? null : wireFloat(bandwidth) } };
}

/** As the router told it, with the name that the standard has for it. */
function errorOf({ node, code, value }: NonNullable<RsvpMessage['error']>) {
  const name = rsvpErrorName(code, value);
  return { node, code, value, ...(name !== null && { name }) };
}

function reservedTerms(flowspec: Flowspec | null): { service: Service | null; tspec: Tspec | null; rspec?: Rspec } {
  const rspec = flowspec?.rspec && { R: wireFloat(flowspec.rspec.R), S: flowspec.rspec.S };
  return { service: flowspec?.service ?? null, tspec: tspecOf(flowspec?.tspec ?? null), ...(rspec && { rspec }) };
}

function tspecOf(bucket: TokenBucket | null): Tspec | null {
  return bucket && { r: wireFloat(bucket.r), b: wireFloat(bucket.b), p: wireFloat(bucket.p), m: bucket.m, M: bucket.M };
}
