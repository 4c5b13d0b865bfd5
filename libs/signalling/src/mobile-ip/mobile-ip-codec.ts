import { ByteReader } from '../byte-reader';
import type { MobileIpMessage } from '../messages';
import { encodeAgentAdvertisement, encodeAgentSolicitation } from './agent-discovery';
import type { DecodedMobileIp } from './mobile-ip-message';
import { MobileIpType, otherMobileIpTypes } from './mobile-ip-type';
import { encodeRegistrationReply, encodeRegistrationRequest, readRegistrationReply, readRegistrationRequest } from './registration';
import { encodeRevocation, encodeRevocationAck, readRevocation, readRevocationAck } from './revocation';

/** Reads the payload of a datagram to or from UDP port 434; `base` is its offset in the frame. Throws DecodeError. */
export function decodeMobileIp(payload: Uint8Array, base = 0): DecodedMobileIp {
  const reader = new ByteReader(payload, base);
  const type = reader.u8('message type');
  switch (type) {
    case MobileIpType.REGISTRATION_REQUEST:
      return readRegistrationRequest(reader, payload);
    case MobileIpType.REGISTRATION_REPLY:
      return readRegistrationReply(reader, payload);
    case MobileIpType.REGISTRATION_REVOCATION:
      return readRevocation(reader, payload);
    case MobileIpType.REGISTRATION_REVOCATION_ACK:
      return readRevocationAck(reader, payload);
    default: {
      const name = otherMobileIpTypes.get(type);
      return reader.fail(name === undefined ? `unknown Mobile IP message type ${type}` : `a Mobile IP ${name} (type ${type}) is not read`);
    }
  }
}

/** The UDP payload of a message on port 434, or the ICMP message of agent discovery. */
export function encodeMobileIp(message: MobileIpMessage): Uint8Array {
  switch (message.kind) {
    case 'registration-request':
      return encodeRegistrationRequest(message);
    case 'registration-reply':
      return encodeRegistrationReply(message);
    case 'registration-revocation':
      return encodeRevocation(message);
    case 'registration-revocation-ack':
      return encodeRevocationAck(message);
    case 'agent-advertisement':
      return encodeAgentAdvertisement(message);
    case 'agent-solicitation':
      return encodeAgentSolicitation(message);
  }
}
