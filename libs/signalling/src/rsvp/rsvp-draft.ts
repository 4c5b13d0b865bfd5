import { ByteReader } from '../byte-reader';
import type { Adspec, Flowspec, RsvpMessage, RsvpSender, RsvpSession, TokenBucket } from '../messages';
import { readAdspec } from './adspec';
import { intServCType, readFlowspec, readSenderTspec } from './flowspec';
import { readConfirm, readError, readHop, readScope } from './hop-and-error';
import { RsvpClass } from './rsvp-class';
import { readObjects, type PlacedObject } from './rsvp-object';
import { readSender } from './sender';
import { readSession } from './session';
import { readStyle, type Style } from './style';

/** FLOWSPEC and FILTER_SPEC in wire order, which the style then groups to flow descriptors. */
export type FlowPart =
  | { readonly part: 'flowspec'; readonly flowspec: Flowspec | null }
  | { readonly part: 'sender'; readonly sender: RsvpSender };

/** What the objects of a message say, gathered one by one; of an object that may stand once, the first is taken. */
export class RsvpDraft {
  session: RsvpSession | null = null;
  hop: RsvpMessage['hop'] = null;
  refreshPeriodMs: number | null = null;
  sender: RsvpSender | null = null;
  senderTspec: TokenBucket | null = null;
  adspec: Adspec | null = null;
  style: Style | null = null;
  /** The option vector where it is reserved, so that no style can be told. */
  reservedStyle: number | null = null;
  error: RsvpMessage['error'] = null;
  confirm: RsvpMessage['confirm'] = null;
  scope: string[] = [];
  sessionAssoc: RsvpMessage['sessionAssoc'] = null;
  readonly flowParts: FlowPart[] = [];

  /** False where the C-type is unknown to a class that is known. Throws DecodeError where the body is too short. */
  read({ object: { classNumber, cType }, offset }: PlacedObject, body: ByteReader): boolean {
    switch (classNumber) {
      case RsvpClass.session:
        return keep(readSession(cType, body), (session) => (this.session ??= session));
      case RsvpClass.rsvpHop:
        return keep(readHop(cType, body), (hop) => (this.hop ??= hop));
      case RsvpClass.timeValues:
        return keep(cType === 1 ? body.u32('refresh period') : null, (period) => (this.refreshPeriodMs ??= period));
      case RsvpClass.errorSpec:
        return keep(readError(cType, body), (error) => (this.error ??= error));
      case RsvpClass.scope:
        return keep(readScope(cType, body), (addresses) => this.scope.push(...addresses));
      case RsvpClass.style:
        return cType === 1 && this.readStyle(body);
      case RsvpClass.flowspec:
        return this.readFlowspec(cType, body);
      case RsvpClass.filterSpec:
        return keep(readSender(cType, body), (sender) => this.flowParts.push({ part: 'sender', sender }));
      case RsvpClass.senderTemplate:
        return keep(readSender(cType, body), (sender) => (this.sender ??= sender));
      case RsvpClass.senderTspec:
        return keep(cType === intServCType ? readSenderTspec(body) : null, (tspec) => (this.senderTspec ??= tspec));
      case RsvpClass.adspec:
        return keep(cType === intServCType ? readAdspec(body) : null, (adspec) => (this.adspec ??= adspec));
      case RsvpClass.resvConfirm:
        return keep(readConfirm(cType, body), (confirm) => (this.confirm ??= confirm));
      case RsvpClass.sessionAssoc:
        return keep(readSessionAssoc(body, offset), (association) => (this.sessionAssoc ??= association));
      default:
        // Kept as bytes: INTEGRITY, POLICY_DATA, NODE_CHAR and whatever is not IntServ.
        body.skip(body.remaining);
        return true;
    }
  }

  private readStyle(body: ByteReader): boolean {
    const { style, optionVector } = readStyle(body);
    if (style === null) this.reservedStyle = optionVector;
    else this.style ??= style;
    return true;
  }

  private readFlowspec(cType: number, body: ByteReader): boolean {
    const flowspec = cType === intServCType ? readFlowspec(body) : null;
    this.flowParts.push({ part: 'flowspec', flowspec });
    return flowspec !== null;
  }
}

function keep<T>(value: T | null, take: (value: T) => void): boolean {
  if (value === null) return false;
  take(value);
  return true;
}

/** RFC 2746: a SESSION object (end to end) and a FILTER_SPEC (the tunnel's sender), each with its own header. */
function readSessionAssoc(body: ByteReader, offset: number): RsvpMessage['sessionAssoc'] {
  let session: RsvpSession | null = null;
  let sender: RsvpSender | null = null;
  for (const inner of readObjects(new ByteReader(body.rest(), offset))) {
    const innerBody = new ByteReader(inner.object.bytes, inner.offset);
    if (inner.object.classNumber === RsvpClass.session) session ??= readSession(inner.object.cType, innerBody);
    if (inner.object.classNumber === RsvpClass.filterSpec) sender ??= readSender(inner.object.cType, innerBody);
  }
  return session === null || sender === null ? null : { session, sender };
}
