import type { ByteReader } from '../byte-reader';
import { ByteWriter } from '../byte-writer';
import { formatIpAddress, isIpv6Text, parseIpAddress } from '../ip-address';
import type { RsvpMessage, RsvpObject } from '../messages';
import { RsvpClass } from './rsvp-class';
import { rsvpObject } from './rsvp-object';

/** The objects of one address and little else. C-types 3 and 4 (IF_ID, RFC 3473 §8) begin like 1 and 2 and add TLVs. */
function addressLength(cType: number): 4 | 16 | null {
  if (cType === 1 || cType === 3) return 4;
  return cType === 2 || cType === 4 ? 16 : null;
}

const cTypeOf = (address: string): number => (isIpv6Text(address) ? 2 : 1);

/** RSVP_HOP, RFC 2205 A.2. */
export function readHop(cType: number, body: ByteReader): RsvpMessage['hop'] {
  const length = addressLength(cType);
  if (length === null) return null;
  const address = formatIpAddress(body.bytes(length, 'hop address'));
  return { address, lih: body.u32('logical interface handle') };
}

export function hopObject(hop: NonNullable<RsvpMessage['hop']>): RsvpObject {
  return rsvpObject(RsvpClass.rsvpHop, cTypeOf(hop.address), new ByteWriter(20).bytes(parseIpAddress(hop.address)).u32(hop.lih).finish());
}

/** TIME_VALUES, RFC 2205 A.4: the refresh period R in milliseconds. */
export function timeValuesObject(refreshPeriodMs: number): RsvpObject {
  return rsvpObject(RsvpClass.timeValues, 1, new ByteWriter(4).u32(refreshPeriodMs).finish());
}

/** ERROR_SPEC, RFC 2205 A.5. */
export function readError(cType: number, body: ByteReader): RsvpMessage['error'] {
  const length = addressLength(cType);
  if (length === null) return null;
  const node = formatIpAddress(body.bytes(length, 'error node'));
  const flags = body.u8('error flags');
  const code = body.u8('error code');
  return { node, flags, code, value: body.u16('error value') };
}

export function errorObject({ node, flags, code, value }: NonNullable<RsvpMessage['error']>): RsvpObject {
  const body = new ByteWriter(20).bytes(parseIpAddress(node)).u8(flags).u8(code).u16(value);
  return rsvpObject(RsvpClass.errorSpec, cTypeOf(node), body.finish());
}

/** RESV_CONFIRM, RFC 2205 A.14. */
export function readConfirm(cType: number, body: ByteReader): RsvpMessage['confirm'] {
  if (cType > 2) return null;
  const length = addressLength(cType);
  return length === null ? null : { receiver: formatIpAddress(body.bytes(length, 'receiver address')) };
}

export function confirmObject({ receiver }: NonNullable<RsvpMessage['confirm']>): RsvpObject {
  return rsvpObject(RsvpClass.resvConfirm, cTypeOf(receiver), parseIpAddress(receiver));
}

/** SCOPE, RFC 2205 A.6: sender addresses to the end of the object. */
export function readScope(cType: number, body: ByteReader): string[] | null {
  if (cType !== 1 && cType !== 2) return null;
  const length = cType === 1 ? 4 : 16;
  const addresses: string[] = [];
  while (body.remaining > 0) addresses.push(formatIpAddress(body.bytes(length, 'scope address')));
  return addresses;
}

/** All of one family; RFC 2205 has no mixed list. */
export function scopeObject(addresses: readonly string[]): RsvpObject {
  const body = new ByteWriter(addresses.length * 16);
  for (const address of addresses) body.bytes(parseIpAddress(address));
  return rsvpObject(RsvpClass.scope, cTypeOf(addresses[0] ?? ''), body.finish());
}
