import type { RsvpMessage, RsvpObject, RsvpSender, RsvpSession, Violation } from '../messages';
import { adspecViolations } from './adspec-violations';
import { intServCType } from './flowspec';
import { impossibleOfSender, impossibleOfSession, protocolsWithSpi } from './impossible-flows';
import { RsvpClass, rsvpClassName } from './rsvp-class';
import type { PlacedObject } from './rsvp-object';
import { reservedRateViolations, tokenBucketViolations } from './token-bucket-violations';

/** Deviations of the header, told for every message, RSVP-TE too. `trailing`: bytes behind the RSVP length. */
export function headerViolations(message: RsvpMessage, trailing: number): Violation[] {
  const violations: Violation[] = [];
  if (message.version !== 1) violations.push({ name: 'version-wrong', detail: `RSVP version ${message.version}, not 1 (RFC 2205 §3.1.1).` });
  if (message.checksum.state === 'wrong') {
    violations.push({ name: 'checksum-wrong', detail: `RSVP checksum 0x${message.checksum.value.toString(16).padStart(4, '0')} does not add up (RFC 2205 §3.1.1).` });
  }
  if (message.kind === 'unknown') violations.push({ name: 'message-type-unknown', detail: `RSVP message type ${message.messageType} is unknown.` });
  if (trailing > 0) violations.push({ name: 'trailing-bytes', detail: `${trailing} bytes follow the RSVP message.` });
  return violations;
}

/** Deviations of single objects. Only an unknown class that asks for rejection is told of RSVP-TE, whose objects are not read. */
export function objectViolations(
  message: RsvpMessage,
  unread: readonly PlacedObject[],
  excess: readonly PlacedObject[],
  reservedStyle: number | null,
): Violation[] {
  const violations: Violation[] = [];
  for (const { classNumber, cType, unknownAction } of message.objects) {
    if (unknownAction !== 'reject') continue;
    const detail = `Object class ${classNumber} is unknown and asks for rejection (RFC 2205 §3.10).`;
    violations.push({ name: 'object-class-unknown', detail, code: 13, value: classNumber * 256 + cType });
  }
  if (message.te) return violations;
  for (const { object, offset } of unread) violations.push(unreadViolation(object, offset));
  for (const { object, offset } of excess) {
    violations.push({ name: 'object-too-long', detail: `The ${object.name} object at offset ${offset} is longer than its C-type ${object.cType} defines.` });
  }
  if (reservedStyle !== null) {
    violations.push({ name: 'style-reserved', detail: `Option vector 0x${reservedStyle.toString(16).padStart(6, '0')} is reserved (RFC 2205 A.7).`, code: 6 });
  }
  return violations;
}

function unreadViolation({ name, classNumber, cType }: RsvpObject, offset: number): Violation {
  if (name === 'session-assoc') {
    return { name: 'session-assoc-incomplete', detail: `The session-assoc object at offset ${offset} lacks a session or a filter spec (RFC 2746).` };
  }
  if (classNumber === RsvpClass.flowspec && cType === intServCType) {
    const detail = `The flowspec at offset ${offset} asks for a service that is neither controlled load nor guaranteed (RFC 2205 App. B).`;
    return { name: 'service-unsupported', detail, code: 21, value: 2 };
  }
  const detail = `The ${name} object at offset ${offset} has C-type ${cType} or a service that is not read (RFC 2205 §3.10).`;
  return { name: 'object-c-type-unknown', detail, code: 14, value: classNumber * 256 + cType };
}

/** Deviations of an IntServ message as a whole; RSVP-TE has rules of its own. */
export function rsvpViolations(message: RsvpMessage): Violation[] {
  if (message.te) return [];
  const violations = [...missingObjects(message)];
  if (message.refreshPeriodMs === 0) violations.push({ name: 'refresh-period-zero', detail: 'The refresh period is 0 ms (RFC 2205 §3.7).' });
  if (message.senderTspec !== null) violations.push(...tokenBucketViolations('sender-tspec', message.senderTspec));
  if (message.adspec !== null) violations.push(...adspecViolations(message.adspec));
  for (const flowspec of new Set(message.flowDescriptors.map((descriptor) => descriptor.flowspec))) {
    if (flowspec === null) continue;
    violations.push(...tokenBucketViolations('flowspec', flowspec.tspec));
    if (flowspec.rspec !== null) violations.push(...reservedRateViolations(flowspec.rspec.R, flowspec.tspec.r));
  }
  if (message.style === 'WF' && message.objects.some(({ classNumber }) => classNumber === RsvpClass.filterSpec)) {
    violations.push({ name: 'filter-spec-with-wildcard', detail: 'A filter spec stands in a WF message, which selects every sender (RFC 2205 §3.1.4).' });
  }
  const { session } = message;
  if (session === null) return violations;
  violations.push(...sessionViolations(session));
  const senders = message.flowDescriptors.flatMap((descriptor) => descriptor.senders);
  for (const sender of message.sender === null ? senders : [message.sender, ...senders]) violations.push(...selectorViolations(session, sender));
  return violations;
}

/** RFC 2205 §3.1.3–3.1.9: what each message must carry. */
const mandatory: Partial<Record<RsvpMessage['kind'], readonly number[]>> = {
  path: [RsvpClass.session, RsvpClass.rsvpHop, RsvpClass.timeValues, RsvpClass.senderTemplate, RsvpClass.senderTspec],
  resv: [RsvpClass.session, RsvpClass.rsvpHop, RsvpClass.timeValues, RsvpClass.style],
  'path-err': [RsvpClass.session, RsvpClass.errorSpec],
  'resv-err': [RsvpClass.session, RsvpClass.rsvpHop, RsvpClass.errorSpec, RsvpClass.style],
  'path-tear': [RsvpClass.session, RsvpClass.rsvpHop, RsvpClass.senderTemplate],
  'resv-tear': [RsvpClass.session, RsvpClass.rsvpHop, RsvpClass.style],
  'resv-conf': [RsvpClass.session, RsvpClass.errorSpec, RsvpClass.resvConfirm, RsvpClass.style],
};

function* missingObjects(message: RsvpMessage): Generator<Violation> {
  const present = new Set(message.objects.map(({ classNumber }) => classNumber));
  const wanted = [...(mandatory[message.kind] ?? [])];
  if (message.kind === 'resv') {
    wanted.push(RsvpClass.flowspec);
    if (message.style !== 'WF') wanted.push(RsvpClass.filterSpec);
  }
  if (message.kind === 'resv-tear' && message.style !== 'WF') wanted.push(RsvpClass.filterSpec);
  for (const classNumber of wanted) {
    if (present.has(classNumber)) continue;
    const name = rsvpClassName(classNumber);
    yield { name: `${name}-missing`, detail: `A ${message.kind} message must carry a ${name} object (RFC 2205 §3.1).` };
  }
}

/** TCP, UDP, DCCP, SCTP, UDP-Lite: the protocols whose ports a classifier can read. */
const protocolsWithPorts: ReadonlySet<number> = new Set([6, 17, 33, 132, 136]);

function* sessionViolations(session: RsvpSession): Generator<Violation> {
  const { protocol, generalized } = session;
  yield* impossibleOfSession(session);
  if (protocol !== 0 && generalized && !protocolsWithSpi.has(protocol)) {
    yield { name: 'spi-without-ipsec', detail: `Protocol ${protocol} has no SPI; ESP is 50, AH is 51 (RFC 2207 §3).` };
  }
}

function* selectorViolations(session: RsvpSession, sender: RsvpSender): Generator<Violation> {
  const { protocol, destinationPort, generalized } = session;
  yield* impossibleOfSender(session, sender);
  if (generalized !== (sender.spi !== null)) {
    yield { name: 'selector-mismatch', detail: 'A generalized session and a sender with an SPI belong together (RFC 2207 §3).' };
  }
  if (generalized || sender.sourcePort === null) return;
  if (!protocolsWithPorts.has(protocol) && (destinationPort !== 0 || sender.sourcePort !== 0)) {
    yield { name: 'ports-without-transport', detail: `Protocol ${protocol} has no ports, ${destinationPort} and ${sender.sourcePort} were given (RFC 2205 §3.2).` };
  } else if (destinationPort === 0 && sender.sourcePort !== 0) {
    yield { name: 'source-port-without-destination-port', detail: `Source port ${sender.sourcePort} beside destination port 0 (RFC 2205 §3.2).` };
  }
}
