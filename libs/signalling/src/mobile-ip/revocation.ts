import type { ByteReader } from '../byte-reader';
import { ByteWriter } from '../byte-writer';
import { formatIpAddress, parseIpAddress } from '../ip-address';
import type { MobileIpExtension, RegistrationRevocation, RegistrationRevocationAck, Violation } from '../messages';
import { Extension } from './extension-types';
import { extensionsToSend, type PlacedExtension, readExtensions, readNai, unknownExtensionViolations, writeExtensions } from './extensions';
import type { DecodedMobileIp } from './mobile-ip-message';
import { MobileIpType } from './mobile-ip-type';

const AGENT_BIT = 0x8000;
const INFORM_BIT = 0x4000;
/** In an acknowledgement the inform bit is the first of the field, RFC 3543 §3.4. */
const ACK_INFORM_BIT = 0x8000;

/** RFC 3543 §3.3. */
export function readRevocation(reader: ByteReader, payload: Uint8Array): DecodedMobileIp {
  const reserved = reader.u8('reserved');
  const bits = reader.u16('flags');
  const homeAddress = formatIpAddress(reader.bytes(4, 'home address'));
  const homeDomainAgent = formatIpAddress(reader.bytes(4, 'home domain agent'));
  const foreignDomainAgent = formatIpAddress(reader.bytes(4, 'foreign domain agent'));
  const revocationIdentifier = reader.u32('revocation identifier');
  const { extensions, nai, violations } = readRest(readExtensions(reader), reserved, bits & ~(AGENT_BIT | INFORM_BIT));
  const flags = [...((bits & AGENT_BIT) === 0 ? [] : (['A'] as const)), ...((bits & INFORM_BIT) === 0 ? [] : (['I'] as const))];
  return {
    message: {
      kind: 'registration-revocation', flags, homeAddress, homeDomainAgent, foreignDomainAgent, revocationIdentifier, nai, extensions,
    },
    identity: new Uint8Array(payload),
    violations,
  };
}

/** RFC 3543 §3.4. */
export function readRevocationAck(reader: ByteReader, payload: Uint8Array): DecodedMobileIp {
  const reserved = reader.u8('reserved');
  const bits = reader.u16('flags');
  const homeAddress = formatIpAddress(reader.bytes(4, 'home address'));
  const revocationIdentifier = reader.u32('revocation identifier');
  const { extensions, nai, violations } = readRest(readExtensions(reader), reserved, bits & ~ACK_INFORM_BIT);
  const flags = (bits & ACK_INFORM_BIT) === 0 ? [] : (['I'] as const);
  return {
    message: { kind: 'registration-revocation-ack', flags, homeAddress, revocationIdentifier, nai, extensions },
    identity: new Uint8Array(payload),
    violations,
  };
}

/** What both have behind their fixed part. Agents speak to each other here, so their authentication extension must be there. */
function readRest(
  placed: readonly PlacedExtension[],
  reservedByte: number,
  reservedBits: number,
): { extensions: MobileIpExtension[]; nai: string | null; violations: Violation[] } {
  const extensions = placed.map(({ extension }) => extension);
  const violations: Violation[] = [];
  const nai = readNai(extensions, violations);
  if (reservedByte !== 0 || reservedBits !== 0) {
    violations.push({ name: 'reserved-bits-set', detail: 'reserved bits are sent as zero (RFC 3543 §3.3)' });
  }
  const isAuthenticated = extensions.some(
    ({ type, spi }) =>
      spi !== null && (type === Extension.FOREIGN_HOME_AUTHENTICATION || type === Extension.MOBILE_HOME_AUTHENTICATION),
  );
  if (!isAuthenticated) {
    violations.push({ name: 'authentication-extension-missing', detail: 'a revocation must be authenticated (RFC 3543 §3.3)' });
  }
  violations.push(...unknownExtensionViolations(extensions));
  return { extensions, nai, violations };
}

export function encodeRevocation(revocation: RegistrationRevocation): Uint8Array {
  const bits = (revocation.flags.includes('A') ? AGENT_BIT : 0) | (revocation.flags.includes('I') ? INFORM_BIT : 0);
  const writer = new ByteWriter(64)
    .u8(MobileIpType.REGISTRATION_REVOCATION)
    .u8(0)
    .u16(bits)
    .bytes(parseIpAddress(revocation.homeAddress))
    .bytes(parseIpAddress(revocation.homeDomainAgent))
    .bytes(parseIpAddress(revocation.foreignDomainAgent))
    .u32(revocation.revocationIdentifier);
  writeExtensions(writer, extensionsToSend(revocation.nai, revocation.extensions));
  return writer.finish();
}

export function encodeRevocationAck(ack: RegistrationRevocationAck): Uint8Array {
  const writer = new ByteWriter(64)
    .u8(MobileIpType.REGISTRATION_REVOCATION_ACK)
    .u8(0)
    .u16(ack.flags.includes('I') ? ACK_INFORM_BIT : 0)
    .bytes(parseIpAddress(ack.homeAddress))
    .u32(ack.revocationIdentifier);
  writeExtensions(writer, extensionsToSend(ack.nai, ack.extensions));
  return writer.finish();
}
