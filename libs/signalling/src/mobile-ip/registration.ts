import type { ByteReader } from '../byte-reader';
import { ByteWriter } from '../byte-writer';
import { formatIpAddress, parseIpAddress } from '../ip-address';
import type { MobileIpExtension, RegistrationFlag, RegistrationReply, RegistrationRequest, Violation } from '../messages';
import { Extension, MN_AAA_AUTHENTICATION } from './extension-types';
import { authenticationViolations, extensionsToSend, readExtensions, readNai, unknownExtensionViolations, writeExtensions } from './extensions';
import { identityOf } from './identity';
import type { DecodedMobileIp } from './mobile-ip-message';
import { MobileIpType } from './mobile-ip-type';

/** Wire order, most significant bit first; RFC 5944 §3.3, T: RFC 3024 §3.1. */
const FLAGS: readonly RegistrationFlag[] = ['S', 'B', 'D', 'M', 'G', 'r', 'T', 'x'];
const RESERVED_FLAGS: readonly RegistrationFlag[] = ['r', 'x'];

const REQUEST_IDENTIFICATION_OFFSET = 16;
const REPLY_IDENTIFICATION_OFFSET = 12;

/** RFC 5944 §3.3. */
export function readRegistrationRequest(reader: ByteReader, payload: Uint8Array): DecodedMobileIp {
  const bits = reader.u8('flags');
  const lifetimeSeconds = reader.u16('lifetime');
  const homeAddress = formatIpAddress(reader.bytes(4, 'home address'));
  const homeAgent = formatIpAddress(reader.bytes(4, 'home agent'));
  const careOfAddress = formatIpAddress(reader.bytes(4, 'care-of address'));
  const identification = reader.u64('identification');
  const fixedEnd = reader.offset;
  const placed = readExtensions(reader);
  const extensions = placed.map(({ extension }) => extension);
  const violations: Violation[] = [];
  const nai = readNai(extensions, violations);
  const flags = FLAGS.filter((_, index) => (bits & (0x80 >> index)) !== 0);
  const reserved = flags.filter((flag) => RESERVED_FLAGS.includes(flag));
  if (reserved.length > 0) {
    violations.push({ name: 'reserved-bits-set', detail: `the flags ${reserved.join(', ')} are sent as zero (RFC 5944 §3.3)` });
  }
  if (!isAuthorized(extensions)) violations.push(authenticationMissing('the request'));
  violations.push(...authenticationViolations(extensions));
  violations.push(...unknownExtensionViolations(extensions));
  return {
    message: {
      kind: 'registration-request', flags, lifetimeSeconds, homeAddress, homeAgent, careOfAddress, identification, nai, extensions,
    },
    identity: identityOf(payload, reader.offset - payload.length, fixedEnd, placed, REQUEST_IDENTIFICATION_OFFSET),
    violations,
  };
}

/** RFC 5944 §3.4. */
export function readRegistrationReply(reader: ByteReader, payload: Uint8Array): DecodedMobileIp {
  const code = reader.u8('code');
  const lifetimeSeconds = reader.u16('lifetime');
  const homeAddress = formatIpAddress(reader.bytes(4, 'home address'));
  const homeAgent = formatIpAddress(reader.bytes(4, 'home agent'));
  const identification = reader.u64('identification');
  const fixedEnd = reader.offset;
  const placed = readExtensions(reader);
  const extensions = placed.map(({ extension }) => extension);
  const violations: Violation[] = [];
  const nai = readNai(extensions, violations);
  if (!isForeignAgentCode(code) && !isAuthorized(extensions)) violations.push(authenticationMissing('the reply'));
  violations.push(...authenticationViolations(extensions));
  violations.push(...unknownExtensionViolations(extensions));
  return {
    message: { kind: 'registration-reply', code, lifetimeSeconds, homeAddress, homeAgent, identification, nai, extensions },
    identity: identityOf(payload, reader.offset - payload.length, fixedEnd, placed, REPLY_IDENTIFICATION_OFFSET),
    violations,
  };
}

export function encodeRegistrationRequest(request: RegistrationRequest): Uint8Array {
  const bits = request.flags.reduce((sum, flag) => sum | (0x80 >> FLAGS.indexOf(flag)), 0);
  const writer = new ByteWriter(64)
    .u8(MobileIpType.REGISTRATION_REQUEST)
    .u8(bits)
    .u16(request.lifetimeSeconds)
    .bytes(parseIpAddress(request.homeAddress))
    .bytes(parseIpAddress(request.homeAgent))
    .bytes(parseIpAddress(request.careOfAddress))
    .u64(request.identification);
  writeExtensions(writer, extensionsToSend(request.nai, request.extensions));
  return writer.finish();
}

export function encodeRegistrationReply(reply: RegistrationReply): Uint8Array {
  const writer = new ByteWriter(64)
    .u8(MobileIpType.REGISTRATION_REPLY)
    .u8(reply.code)
    .u16(reply.lifetimeSeconds)
    .bytes(parseIpAddress(reply.homeAddress))
    .bytes(parseIpAddress(reply.homeAgent))
    .u64(reply.identification);
  writeExtensions(writer, extensionsToSend(reply.nai, reply.extensions));
  return writer.finish();
}

/** An authorization-enabling extension: mobile-home, or MN-AAA in its place (RFC 5944 §3.5.2, RFC 4721 §5). */
function isAuthorized(extensions: readonly MobileIpExtension[]): boolean {
  return extensions.some(
    ({ type, subType, spi }) =>
      spi !== null &&
      (type === Extension.MOBILE_HOME_AUTHENTICATION ||
        (type === Extension.GENERALIZED_AUTHENTICATION && subType === MN_AAA_AUTHENTICATION)),
  );
}

/** A foreign agent that denies has no key of the home agent's; 194 is one of its codes outside 64–127 (RFC 4857). */
function isForeignAgentCode(code: number): boolean {
  return (code >= 64 && code <= 127) || code === 194;
}

function authenticationMissing(what: string): Violation {
  return { name: 'authentication-extension-missing', detail: `${what} has no authorization-enabling extension (RFC 5944 §3.5.2)` };
}
