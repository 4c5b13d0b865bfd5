import {
  buildIp,
  encodeRsvp,
  IpProtocol,
  path,
  pathTear,
  resv,
  resvConf,
  resvErr,
  resvTear,
  type Adspec,
  type FlowDescriptor,
  type RsvpMessage,
  type RsvpSender,
  type RsvpSession,
} from '#signalling';
import type { FlowPlan } from './flow-plan';

/** Messages of one session as one hop sends them; `hop` is that hop's address. */
export interface HopOfSession {
  readonly plan: FlowPlan;
  readonly session: RsvpSession;
  /** Those that send now. */
  readonly senders: readonly RsvpSender[];
  readonly hop: string;
  /** Time to live with which the message is sent, on the wire twice (RFC 2205 §3.1.1). */
  readonly timeToLive: number;
}

/** Logical interface of every node that is simulated: each has one towards the other side. */
const lih = 1;

type SessionAssoc = NonNullable<RsvpMessage['sessionAssoc']>;

/** `hops`: IntServ hops so far, which each of them counts in the ADSPEC (RFC 2215 §3.2). */
export function pathMessage(
  { plan, session, hop, timeToLive }: HopOfSession,
  sender: RsvpSender,
  hops: number,
  sessionAssoc: SessionAssoc | null = null,
): RsvpMessage {
  return path({
    session,
    hop: { address: hop, lih },
    refreshPeriodMs: plan.refreshPeriodMs,
    sender,
    tspec: plan.flowspec.tspec,
    sendTtl: timeToLive,
    ...(plan.hasAdspec ? { adspec: adspec(plan, hops) } : {}),
    ...(sessionAssoc === null ? {} : { sessionAssoc }),
  });
}

export function pathTearMessage({ plan, session, hop, timeToLive }: HopOfSession, sender: RsvpSender): RsvpMessage {
  return pathTear({ session, hop: { address: hop, lih }, sender, tspec: plan.flowspec.tspec, sendTtl: timeToLive });
}

export function resvMessage(of: HopOfSession, confirmTo: string | null): RsvpMessage {
  const { plan, session, senders, hop, timeToLive } = of;
  return resv({
    session,
    hop: { address: hop, lih },
    refreshPeriodMs: plan.refreshPeriodMs,
    ...reservation(of),
    sendTtl: timeToLive,
    ...(confirmTo === null ? {} : { confirm: { receiver: confirmTo } }),
    // RFC 2205 §3.4: wildcard reservations are told for which senders they travel.
    ...(plan.style === 'WF' ? { scope: senders.map(({ source }) => source) } : {}),
  });
}

export function resvTearMessage(of: HopOfSession): RsvpMessage {
  const { session, hop, timeToLive } = of;
  return resvTear({ session, hop: { address: hop, lih }, ...reservation(of), sendTtl: timeToLive });
}

/** From the node that confirms, by its address in ERROR_SPEC with code 0 (RFC 2205 §3.1.9). */
export function resvConfMessage(of: HopOfSession, confirmedBy: string, receiver: string): RsvpMessage {
  const error = { node: confirmedBy, flags: 0, code: 0, value: 0 };
  return resvConf({ session: of.session, error, confirm: { receiver }, ...reservation(of), sendTtl: of.timeToLive });
}

/** Admission control failure, code 01; sub-code 2: the bandwidth is not there (RFC 2205 App. B). */
export function resvErrMessage(of: HopOfSession, refusedBy: string): RsvpMessage {
  const { session, hop, timeToLive } = of;
  const error = { node: refusedBy, flags: 0, code: 1, value: 2 };
  return resvErr({ session, hop: { address: hop, lih }, error, ...reservation(of), sendTtl: timeToLive });
}

/** Path, PathTear and ResvConf go to the end of the session and alert the routers on the way; the others go hop to hop. */
export function rsvpPacket(source: string, destination: string, message: RsvpMessage): Uint8Array {
  const routerAlert = message.kind === 'path' || message.kind === 'path-tear' || message.kind === 'resv-conf';
  return buildIp({ source, destination, protocol: IpProtocol.RSVP, timeToLive: message.sendTtl, routerAlert }, encodeRsvp(message));
}

function reservation({ plan: { style, flowspec }, senders }: HopOfSession): { style: FlowPlan['style']; flowDescriptors: FlowDescriptor[] } {
  // FF: a descriptor for each sender (RFC 2205 §3.1.4); the flowspec is written once where it is the same.
  if (style === 'FF') return { style, flowDescriptors: senders.map((sender) => ({ flowspec, senders: [sender] })) };
  return { style, flowDescriptors: [{ flowspec, senders: style === 'WF' ? [] : senders }] };
}

function adspec(plan: FlowPlan, hops: number): Adspec {
  const isGuaranteed = plan.flowspec.service === 'guaranteed';
  return {
    breakBit: false,
    hops,
    bandwidth: 1_250_000,
    latencyMicroseconds: 2_000 * hops,
    pathMtu: 1_480,
    guaranteed: isGuaranteed ? { breakBit: false, Ctot: 1_500 * hops, Dtot: 80 * hops, Csum: 1_500 * hops, Dsum: 80 * hops } : null,
    controlledLoad: { breakBit: false },
  };
}
