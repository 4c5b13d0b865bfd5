import {
  authenticationExtension,
  buildIpv4,
  buildUdp,
  encodeMobileIp,
  Extension,
  IpProtocol,
  naiExtension,
  UdpPort,
  type MobileIpExtension,
  type RegistrationFlag,
  type RegistrationReply,
  type RegistrationRequest,
} from '#signalling';
import { foreignAgentLifetimeSeconds, type ForeignAgentActor } from './foreign-agent';
import { hmacMd5 } from './hmac-md5';
import { insideFrame, outsideFrame } from './link';
import type { MobileNode } from './network';
import type { Random } from './random';
import type { World } from './world';

export interface RegistrationAttempt {
  readonly node: MobileNode;
  readonly via: ForeignAgentActor;
  /** Of the node's security association with its home agent, 16 bytes. */
  readonly key: Uint8Array;
  /** 0 deregisters. */
  readonly lifetimeSeconds: number;
  /** What the agents answer; 66 comes from the foreign agent. */
  readonly code: number;
  /** How far the node's clock is off; code 133 tells it. */
  readonly clockErrorSeconds: number;
}

/** Who is told of the reply, and when. */
export interface ReplyArrivals {
  /** From the home agent: from now on it tunnels to the agent, which has a visitor (or has one less). */
  readonly atAgent: (reply: RegistrationReply) => void;
  readonly atNode: (reply: RegistrationReply) => void;
}

/** The node's association has index 256, the first that is free (RFC 5944 §3.5.1). */
const securityParameterIndex = 256;

/** Request and reply through the foreign agent (RFC 5944 §3.7), each seen on both links; where one is lost, nothing follows. */
export function playRegistration(world: World, random: Random, attempt: RegistrationAttempt, arrivals: ReplyArrivals): void {
  const { node, via, code } = attempt;
  const { agent } = via;
  const nodePort = random.integer(49_152, 65_535);
  const request = registrationRequest(world, random, attempt);
  const reply = registrationReply(world, attempt, request);
  const requestBytes = encodeMobileIp(request);
  const replyBytes = encodeMobileIp(reply);
  const relay = (onward: () => void): void => world.after(random.between(200, 900), () => via.isUp && onward());

  const replyToNode = (): void => {
    const packet = datagram(agent.address, node.homeAddress, UdpPort.MOBILE_IP, nodePort, 1, replyBytes);
    world.send(insideFrame(agent, 'node', node, packet), () => arrivals.atNode(reply));
  };
  const replyToAgent = (): void => {
    const packet = datagram(node.homeAgent.address, agent.careOfAddress, UdpPort.MOBILE_IP, UdpPort.MOBILE_IP, 62, replyBytes);
    world.send(outsideFrame(agent, 'agent', packet), () => {
      if (!via.isUp) return;
      arrivals.atAgent(reply);
      relay(replyToNode);
    });
  };
  const requestToHomeAgent = (): void => {
    const packet = datagram(agent.careOfAddress, node.homeAgent.address, UdpPort.MOBILE_IP, UdpPort.MOBILE_IP, 64, requestBytes);
    world.send(outsideFrame(agent, 'router', packet), () => world.after(random.between(5_000, 25_000), replyToAgent));
  };
  const packet = datagram(node.homeAddress, agent.address, nodePort, UdpPort.MOBILE_IP, 1, requestBytes);
  world.send(insideFrame(agent, 'agent', node, packet), () => relay(isForeignAgentCode(code) ? replyToNode : requestToHomeAgent));
}

function isForeignAgentCode(code: number): boolean {
  return code >= 64 && code <= 127;
}

function registrationRequest(world: World, random: Random, attempt: RegistrationAttempt): RegistrationRequest {
  const { node, via, lifetimeSeconds, clockErrorSeconds } = attempt;
  const unsigned: RegistrationRequest = {
    kind: 'registration-request',
    flags: encapsulationFlags(node),
    lifetimeSeconds,
    homeAddress: node.homeAddress,
    homeAgent: node.homeAgent.address,
    careOfAddress: via.agent.careOfAddress,
    identification: (ntpSeconds(world, clockErrorSeconds) << 32n) | BigInt(random.next32()),
    nai: node.nai,
    extensions: node.nai === null ? [] : [naiExtension(node.nai)],
  };
  return { ...unsigned, extensions: [...unsigned.extensions, mobileHomeAuthentication(attempt.key, encodeMobileIp(unsigned))] };
}

function registrationReply(world: World, { node, key, code, lifetimeSeconds }: RegistrationAttempt, request: RegistrationRequest): RegistrationReply {
  // RFC 5944 §5.7.1: the low half answers the request; the high half tells the home agent's time where the clocks disagree.
  const high = code === 133 ? ntpSeconds(world, 0) : request.identification >> 32n;
  const granted = Math.min(lifetimeSeconds, node.homeAgent.maximumLifetimeSeconds, foreignAgentLifetimeSeconds);
  const unsigned: RegistrationReply = {
    kind: 'registration-reply',
    code,
    lifetimeSeconds: code === 0 ? granted : 0,
    homeAddress: node.homeAddress,
    homeAgent: node.homeAgent.address,
    identification: (high << 32n) | (request.identification & 0xffff_ffffn),
    nai: node.nai,
    extensions: node.nai === null ? [] : [naiExtension(node.nai)],
  };
  if (isForeignAgentCode(code)) return unsigned;
  return { ...unsigned, extensions: [...unsigned.extensions, mobileHomeAuthentication(key, encodeMobileIp(unsigned))] };
}

function encapsulationFlags(node: MobileNode): RegistrationFlag[] {
  switch (node.encapsulation) {
    case 'ip-in-ip':
      return [];
    case 'gre':
      return ['G'];
    case 'minimal':
      return ['M'];
  }
}

/** RFC 5944 §3.5.1: over the message, every extension before this one, and this one's type, length and index. */
function mobileHomeAuthentication(key: Uint8Array, message: Uint8Array): MobileIpExtension {
  const type = Extension.MOBILE_HOME_AUTHENTICATION;
  const head = Uint8Array.of(type, 4 + 16, 0, 0, securityParameterIndex >> 8, securityParameterIndex & 0xff);
  return authenticationExtension(type, securityParameterIndex, hmacMd5(key, Uint8Array.of(...message, ...head)));
}

/** Seconds since 1900, as NTP and RFC 5944 §5.7.1 count. */
function ntpSeconds(world: World, clockErrorSeconds: number): bigint {
  return BigInt(Math.floor(world.options.startTimeMs / 1000 + world.nowUs / 1_000_000) + 2_208_988_800 + clockErrorSeconds);
}

function datagram(source: string, destination: string, sourcePort: number, destinationPort: number, timeToLive: number, payload: Uint8Array): Uint8Array {
  return buildIpv4({ source, destination, protocol: IpProtocol.UDP, timeToLive }, buildUdp({ source, destination, sourcePort, destinationPort }, payload));
}
