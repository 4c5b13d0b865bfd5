import {
  buildIpv4,
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
  readonly hop: string;
  /** Time to live with which the message is sent, on the wire twice (RFC 2205 §3.1.1). */
  readonly timeToLive: number;
}

/** Logical interface of every node that is simulated: each has one towards the other side. */
const lih = 1;

/** `hops`: IntServ hops so far, which each of them counts in the ADSPEC (RFC 2215 §3.2). */
export function pathMessage({ plan, session, hop, timeToLive }: HopOfSession, sender: RsvpSender, hops: number): RsvpMessage {
  return path({
    session,
    hop: { address: hop, lih },
    refreshPeriodMs: plan.refreshPeriodMs,
    sender,
    tspec: plan.flowspec.tspec,
    sendTtl: timeToLive,
    ...(plan.hasAdspec ? { adspec: adspec(plan, hops) } : {}),
  });
}

export function pathTearMessage({ plan, session, hop, timeToLive }: HopOfSession, sender: RsvpSender): RsvpMessage {
  return pathTear({ session, hop: { address: hop, lih }, sender, tspec: plan.flowspec.tspec, sendTtl: timeToLive });
}

export function resvMessage({ plan, session, hop, timeToLive }: HopOfSession, confirmTo: string | null): RsvpMessage {
  return resv({
    session,
    hop: { address: hop, lih },
    refreshPeriodMs: plan.refreshPeriodMs,
    ...reservation(plan),
    sendTtl: timeToLive,
    ...(confirmTo === null ? {} : { confirm: { receiver: confirmTo } }),
    // RFC 2205 §3.4: wildcard reservations are told for which senders they travel.
    ...(plan.style === 'WF' ? { scope: plan.senders.map(({ source }) => source) } : {}),
  });
}

export function resvTearMessage({ plan, session, hop, timeToLive }: HopOfSession): RsvpMessage {
  return resvTear({ session, hop: { address: hop, lih }, ...reservation(plan), sendTtl: timeToLive });
}

/** From the node that confirms, by its address in ERROR_SPEC with code 0 (RFC 2205 §3.1.9). */
export function resvConfMessage({ plan, session, timeToLive }: HopOfSession, confirmedBy: string, receiver: string): RsvpMessage {
  const error = { node: confirmedBy, flags: 0, code: 0, value: 0 };
  return resvConf({ session, error, confirm: { receiver }, ...reservation(plan), sendTtl: timeToLive });
}

/** Admission control failure, code 01; sub-code 2: the bandwidth is not there (RFC 2205 App. B). */
export function resvErrMessage({ plan, session, hop, timeToLive }: HopOfSession, refusedBy: string): RsvpMessage {
  const error = { node: refusedBy, flags: 0, code: 1, value: 2 };
  return resvErr({ session, hop: { address: hop, lih }, error, ...reservation(plan), sendTtl: timeToLive });
}

/** Path, PathTear and ResvConf go to the end of the session and alert the routers on the way; the others go hop to hop. */
export function rsvpPacket(source: string, destination: string, message: RsvpMessage): Uint8Array {
  const routerAlert = message.kind === 'path' || message.kind === 'path-tear' || message.kind === 'resv-conf';
  return buildIpv4({ source, destination, protocol: IpProtocol.RSVP, timeToLive: message.sendTtl, routerAlert }, encodeRsvp(message));
}

function reservation({ style, flowspec, senders }: FlowPlan): { style: FlowPlan['style']; flowDescriptors: FlowDescriptor[] } {
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
