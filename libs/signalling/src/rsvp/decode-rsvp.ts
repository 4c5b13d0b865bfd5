import { ByteReader } from '../byte-reader';
import { ByteWriter } from '../byte-writer';
import { isInternetChecksumCorrect } from '../internet-checksum';
import type { RsvpMessage, Violation } from '../messages';
import { flowDescriptors } from './flow-descriptors';
import { isTrafficEngineeringClass, RsvpClass } from './rsvp-class';
import { RsvpDraft } from './rsvp-draft';
import { isTrafficEngineeringKind, rsvpKind } from './rsvp-message-type';
import { readObject, writeObject, type PlacedObject } from './rsvp-object';
import { headerViolations, objectViolations, rsvpViolations } from './rsvp-violations';
import { isTrafficEngineeringSession } from './session';

export interface DecodedRsvp {
  readonly message: RsvpMessage;
  /** Header without checksum, Send_TTL and length, then every object but RSVP_HOP and INTEGRITY, which change hop by hop. */
  readonly identity: Uint8Array;
  readonly violations: readonly Violation[];
}

export const rsvpHeaderLength = 8;
const bundleType = 12;

/**
 * Reads one RSVP message (RFC 2205 §3.1) from what an IP packet of protocol 46 carries. Throws DecodeError where lengths
 * leave no way to read on, and never anything else; every other deviation is a violation. `base`: the offset that errors
 * count from.
 */
export function decodeRsvp(bytes: Uint8Array, base = 0): DecodedRsvp {
  return decodeMessage(bytes, base, true);
}

function decodeMessage(bytes: Uint8Array, base: number, mayBundle: boolean): DecodedRsvp {
  const header = readHeader(bytes, base);
  if (header.messageType === bundleType && !mayBundle) header.reader.fail('a bundle in a bundle (RFC 2961 §3.1)');
  const { placed, bundled } = readBody(header.reader, header.messageType === bundleType);
  const objects = placed.map(({ object }) => object);
  const kind = rsvpKind(header.messageType);
  const te = isTrafficEngineeringKind(kind) || objects.some(({ classNumber, cType }) =>
    isTrafficEngineeringClass(classNumber) || (classNumber === RsvpClass.session && isTrafficEngineeringSession(cType)));
  const { draft, unreadObjects, excessObjects } = interpret(placed);
  const { session, hop, refreshPeriodMs, sender, senderTspec, adspec, style, error, confirm, scope, sessionAssoc } = draft;
  const message: RsvpMessage = {
    kind,
    messageType: header.messageType,
    te,
    version: header.version,
    flags: header.flags,
    sendTtl: header.sendTtl,
    reserved: header.reserved,
    checksum: header.checksum,
    session,
    hop,
    refreshPeriodMs,
    sender,
    senderTspec,
    adspec,
    style,
    flowDescriptors: flowDescriptors(style, draft.flowParts),
    error,
    confirm,
    scope,
    sessionAssoc,
    objects,
    bundled: bundled.map((inner) => inner.message),
  };
  const violations = [
    ...headerViolations(message, bytes.length - header.length),
    ...objectViolations(message, unreadObjects, excessObjects, draft.reservedStyle),
    ...rsvpViolations(message),
    ...bundled.flatMap((inner) => inner.violations),
  ];
  return { message, identity: identityOf(message, bundled), violations };
}

function readHeader(bytes: Uint8Array, base: number) {
  const reader = new ByteReader(bytes, base);
  const first = reader.u8('RSVP version');
  const messageType = reader.u8('RSVP message type');
  const value = reader.u16('RSVP checksum');
  const sendTtl = reader.u8('RSVP Send_TTL');
  const reserved = reader.u8('RSVP reserved byte');
  const length = reader.u16('RSVP length');
  if (length < rsvpHeaderLength) reader.fail(`RSVP length ${length} is shorter than its header`);
  const body = reader.nested(length - rsvpHeaderLength, 'RSVP body');
  const correct = value !== 0 && isInternetChecksumCorrect(bytes.subarray(0, length));
  const state = value === 0 ? 'absent' : correct ? 'correct' : 'wrong';
  return {
    reader: body, version: first >> 4, flags: first & 0x0f, messageType, sendTtl, reserved, length,
    checksum: { value, state } as const,
  };
}

/** Objects; in a bundle (RFC 2961 §3.1) whole messages, told from objects by their version nibble. */
function readBody(reader: ByteReader, isBundle: boolean): { placed: PlacedObject[]; bundled: DecodedRsvp[] } {
  const placed: PlacedObject[] = [];
  const bundled: DecodedRsvp[] = [];
  while (reader.remaining > 0) {
    if (!isBundle) placed.push(readObject(reader));
    else bundled.push(readBundled(reader));
  }
  return { placed, bundled };
}

function readBundled(reader: ByteReader): DecodedRsvp {
  const base = reader.offset;
  const start = reader.bytes(rsvpHeaderLength, 'bundled RSVP header');
  const length = (start[6]! << 8) | start[7]!;
  if (length < rsvpHeaderLength) reader.fail(`bundled RSVP length ${length} is shorter than its header`);
  const rest = reader.bytes(length - rsvpHeaderLength, 'bundled RSVP body');
  // Header and body are neighbours in one buffer: the view over both needs no copy.
  const whole = new Uint8Array(start.buffer, start.byteOffset, rsvpHeaderLength + rest.length);
  return decodeMessage(whole, base, false);
}

function interpret(placed: readonly PlacedObject[]) {
  const draft = new RsvpDraft();
  const unreadObjects: PlacedObject[] = [];
  const excessObjects: PlacedObject[] = [];
  for (const one of placed) {
    const body = new ByteReader(one.object.bytes, one.offset);
    if (!draft.read(one, body)) unreadObjects.push(one);
    else if (body.remaining > 0) excessObjects.push(one);
  }
  return { draft, unreadObjects, excessObjects };
}

function identityOf(message: RsvpMessage, bundled: readonly DecodedRsvp[]): Uint8Array {
  const writer = new ByteWriter(256).u8((message.version << 4) | message.flags).u8(message.messageType).u8(message.reserved);
  for (const object of message.objects) {
    if (object.classNumber !== RsvpClass.rsvpHop && object.classNumber !== RsvpClass.integrity) writeObject(writer, object);
  }
  for (const inner of bundled) writer.bytes(inner.identity);
  return writer.finish();
}
