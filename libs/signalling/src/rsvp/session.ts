import type { ByteReader } from '../byte-reader';
import { ByteWriter } from '../byte-writer';
import { formatIpAddress, isIpv6Text, parseIpAddress } from '../ip-address';
import type { RsvpObject, RsvpSession } from '../messages';
import { RsvpClass } from './rsvp-class';
import { rsvpObject } from './rsvp-object';

/** SESSION, RFC 2205 A.1 (C-types 1, 2) and RFC 2207 §3.1 (3, 4); LSP tunnels: RFC 3209 §4.6.1 (7, 8), RFC 4875 (13, 14). */
const addressLengths = new Map<number, 4 | 16>([
  [1, 4],
  [2, 16],
  [3, 4],
  [4, 16],
]);
const tunnelAddressLengths = new Map<number, 4 | 16>([
  [7, 4],
  [8, 16],
  [13, 4],
  [14, 16],
]);

/** Session types of traffic engineering: tunnels, UNI (11) and E-NNI (15) calls. */
const trafficEngineering: ReadonlySet<number> = new Set([7, 8, 11, 12, 13, 14, 15, 16]);

export function isTrafficEngineeringSession(cType: number): boolean {
  return trafficEngineering.has(cType);
}

/** Null for a C-type that holds no session that can be read (aggregates of RFC 3175, UNI …). */
export function readSession(cType: number, body: ByteReader): RsvpSession | null {
  const tunnelAddressLength = tunnelAddressLengths.get(cType);
  if (tunnelAddressLength !== undefined) {
    const destination = formatIpAddress(body.bytes(tunnelAddressLength, 'tunnel end point'));
    // Tunnel id and extended tunnel id stay in the object's bytes: they are no flow identification.
    body.skip(4 + tunnelAddressLength, 'tunnel id');
    return { destination, protocol: 0, destinationPort: 0, generalized: false, flags: 0 };
  }
  const addressLength = addressLengths.get(cType);
  if (addressLength === undefined) return null;
  const destination = formatIpAddress(body.bytes(addressLength, 'session destination'));
  const protocol = body.u8('session protocol');
  const flags = body.u8('session flags');
  return { destination, protocol, destinationPort: body.u16('session port'), generalized: cType >= 3, flags };
}

export function sessionObject(session: RsvpSession): RsvpObject {
  const cType = (session.generalized ? 3 : 1) + (isIpv6Text(session.destination) ? 1 : 0);
  const body = new ByteWriter(20)
    .bytes(parseIpAddress(session.destination))
    .u8(session.protocol)
    .u8(session.flags)
    .u16(session.destinationPort);
  return rsvpObject(RsvpClass.session, cType, body.finish());
}
