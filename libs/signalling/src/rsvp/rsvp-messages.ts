import { ByteWriter } from '../byte-writer';
import type { Adspec, FlowDescriptor, RsvpMessage, RsvpMessageKind, RsvpObject, RsvpSender, RsvpSession, TokenBucket } from '../messages';
import { adspecObject } from './adspec';
import { decodeRsvp } from './decode-rsvp';
import { encodeRsvp } from './encode-rsvp';
import { flowspecObject, senderTspecObject } from './flowspec';
import { confirmObject, errorObject, hopObject, scopeObject, timeValuesObject } from './hop-and-error';
import { RsvpClass } from './rsvp-class';
import { rsvpMessageType } from './rsvp-message-type';
import { rsvpObject, writeObject } from './rsvp-object';
import { senderObject } from './sender';
import { sessionObject } from './session';
import { styleObject, type Style } from './style';

type Hop = NonNullable<RsvpMessage['hop']>;
type RsvpError = NonNullable<RsvpMessage['error']>;

interface Common {
  readonly session: RsvpSession;
  /** 255 unless given; the IP TTL with which the message is sent (RFC 2205 §3.1.1). */
  readonly sendTtl?: number;
  /** RFC 2746: the end-to-end session and the sender of the tunnel session that carries it. */
  readonly sessionAssoc?: NonNullable<RsvpMessage['sessionAssoc']>;
  /** Objects behind those that the message is made of: POLICY_DATA, NODE_CHAR, unknown classes. */
  readonly moreObjects?: readonly RsvpObject[];
}

interface SenderDescriptor {
  readonly sender: RsvpSender;
  readonly tspec: TokenBucket;
  readonly adspec?: Adspec;
}

interface Reservation {
  readonly style: Style;
  /** A descriptor whose flowspec is null, or (FF) the very object of the one before, is written without one. */
  readonly flowDescriptors: readonly FlowDescriptor[];
}

/** RFC 2205 §3.1.3. */
export function path(fields: Common & SenderDescriptor & { readonly hop: Hop; readonly refreshPeriodMs: number }): RsvpMessage {
  return build('path', fields, [hopObject(fields.hop), timeValuesObject(fields.refreshPeriodMs)], senderDescriptor(fields));
}

/** RFC 2205 §3.1.4. `confirm` asks for a ResvConf; `scope` goes with WF. */
export function resv(
  fields: Common & Reservation & {
    readonly hop: Hop;
    readonly refreshPeriodMs: number;
    readonly confirm?: { readonly receiver: string };
    readonly scope?: readonly string[];
  },
): RsvpMessage {
  const middle = [hopObject(fields.hop), timeValuesObject(fields.refreshPeriodMs)];
  if (fields.confirm !== undefined) middle.push(confirmObject(fields.confirm));
  if (fields.scope !== undefined) middle.push(scopeObject(fields.scope));
  return build('resv', fields, middle, reservation(fields));
}

/** RFC 2205 §3.1.5. */
export function pathTear(fields: Common & SenderDescriptor & { readonly hop: Hop }): RsvpMessage {
  return build('path-tear', fields, [hopObject(fields.hop)], senderDescriptor(fields));
}

/** RFC 2205 §3.1.6. */
export function resvTear(fields: Common & Reservation & { readonly hop: Hop; readonly scope?: readonly string[] }): RsvpMessage {
  const middle = [hopObject(fields.hop)];
  if (fields.scope !== undefined) middle.push(scopeObject(fields.scope));
  return build('resv-tear', fields, middle, reservation(fields));
}

/** RFC 2205 §3.1.7. */
export function pathErr(fields: Common & SenderDescriptor & { readonly error: RsvpError }): RsvpMessage {
  return build('path-err', fields, [errorObject(fields.error)], senderDescriptor(fields));
}

/** RFC 2205 §3.1.8. */
export function resvErr(fields: Common & Reservation & { readonly hop: Hop; readonly error: RsvpError; readonly scope?: readonly string[] }): RsvpMessage {
  const middle = [hopObject(fields.hop), errorObject(fields.error)];
  if (fields.scope !== undefined) middle.push(scopeObject(fields.scope));
  return build('resv-err', fields, middle, reservation(fields));
}

/** RFC 2205 §3.1.9. */
export function resvConf(fields: Common & Reservation & { readonly error: RsvpError; readonly confirm: { readonly receiver: string } }): RsvpMessage {
  return build('resv-conf', fields, [errorObject(fields.error), confirmObject(fields.confirm)], reservation(fields));
}

/** Any message from its objects, in their order: for what has no constructor of its own. */
export function rsvpMessageOf(kind: Exclude<RsvpMessageKind, 'unknown'>, objects: readonly RsvpObject[], sendTtl = 255): RsvpMessage {
  const blank: RsvpMessage = {
    kind, messageType: rsvpMessageType(kind), te: false, version: 1, flags: 0, sendTtl, reserved: 0,
    checksum: { value: 0, state: 'correct' },
    session: null, hop: null, refreshPeriodMs: null, sender: null, senderTspec: null, adspec: null, style: null, flowDescriptors: [],
    error: null, confirm: null, scope: [], sessionAssoc: null, objects, bundled: [],
  };
  // Read back what is written, so that a message that was made and the same one received are equal in every field.
  return decodeRsvp(encodeRsvp(blank)).message;
}

/** SESSION_ASSOC, RFC 2746: class 192, so that routers that do not know it forward it. */
export function sessionAssocObject({ session, sender }: NonNullable<RsvpMessage['sessionAssoc']>): RsvpObject {
  const body = new ByteWriter(64);
  writeObject(body, sessionObject(session));
  writeObject(body, senderObject(RsvpClass.filterSpec, sender));
  return rsvpObject(RsvpClass.sessionAssoc, 1, body.finish());
}

function build(kind: Exclude<RsvpMessageKind, 'unknown'>, fields: Common, middle: readonly RsvpObject[], end: readonly RsvpObject[]): RsvpMessage {
  const association = fields.sessionAssoc === undefined ? [] : [sessionAssocObject(fields.sessionAssoc)];
  const objects = [sessionObject(fields.session), ...middle, ...end, ...association, ...(fields.moreObjects ?? [])];
  return rsvpMessageOf(kind, objects, fields.sendTtl);
}

function senderDescriptor({ sender, tspec, adspec }: SenderDescriptor): RsvpObject[] {
  const objects = [senderObject(RsvpClass.senderTemplate, sender), senderTspecObject(tspec)];
  return adspec === undefined ? objects : [...objects, adspecObject(adspec)];
}

function reservation({ style, flowDescriptors }: Reservation): RsvpObject[] {
  const objects = [styleObject(style)];
  let previous: FlowDescriptor['flowspec'] = null;
  for (const { flowspec, senders } of flowDescriptors) {
    if (flowspec !== null && !(style === 'FF' && flowspec === previous)) objects.push(flowspecObject(flowspec));
    previous = flowspec;
    for (const sender of senders) objects.push(senderObject(RsvpClass.filterSpec, sender));
  }
  return objects;
}
