import * as fc from 'fast-check';
import { formatIpAddress } from '../ip-address';
import type {
  AgentAdvertisement, AgentSolicitation, MobileIpExtension, MobileIpMessage, RegistrationReply, RegistrationRequest,
  RegistrationRevocation, RegistrationRevocationAck,
} from '../messages';
import { oneBytePadding } from './agent-discovery';
import { Extension, isSkippable, registrationExtensions } from './extension-types';
import { buildExtension, naiExtension } from './extensions';

/** Messages as the decoder gives them: an NAI that is set has its extension, and the other way round. */
export const arbitraryAddress = fc.uint8Array({ minLength: 4, maxLength: 4 }).map(formatIpAddress);

const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const nai = fc.string({ unit: fc.constantFrom(...'abcz019.-_@é'), minLength: 1, maxLength: 60 });

const extension: fc.Arbitrary<MobileIpExtension> = fc
  .record({
    type: fc.oneof(fc.constantFrom(...registrationExtensions.keys()), fc.integer({ min: 0, max: 255 })),
    bytes: fc.uint8Array({ maxLength: 255 }),
    subType: fc.integer({ min: 0, max: 255 }),
  })
  .filter(({ type }) => type !== Extension.MOBILE_NODE_NAI)
  .map(({ type, bytes, subType }) => buildExtension(type, bytes, subType));

const extended = fc
  .record({ nai: fc.option(nai), others: fc.array(extension, { maxLength: 5 }), position: fc.nat(5) })
  .map(({ nai: found, others, position }) => ({
    nai: found,
    extensions: found === null ? others : [...others.slice(0, position), naiExtension(found), ...others.slice(position)],
  }));

export const arbitraryRequest: fc.Arbitrary<RegistrationRequest> = fc
  .record({
    kind: fc.constant('registration-request' as const),
    flags: fc.subarray(['S', 'B', 'D', 'M', 'G', 'r', 'T', 'x'] as const),
    lifetimeSeconds: u16,
    homeAddress: arbitraryAddress,
    homeAgent: arbitraryAddress,
    careOfAddress: arbitraryAddress,
    identification: fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }),
    extended,
  })
  .map(({ extended: rest, ...message }) => ({ ...message, ...rest }));

export const arbitraryReply: fc.Arbitrary<RegistrationReply> = fc
  .record({
    kind: fc.constant('registration-reply' as const),
    code: fc.integer({ min: 0, max: 255 }),
    lifetimeSeconds: u16,
    homeAddress: arbitraryAddress,
    homeAgent: arbitraryAddress,
    identification: fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn }),
    extended,
  })
  .map(({ extended: rest, ...message }) => ({ ...message, ...rest }));

export const arbitraryRevocation: fc.Arbitrary<RegistrationRevocation> = fc
  .record({
    kind: fc.constant('registration-revocation' as const),
    flags: fc.subarray(['A', 'I'] as const),
    homeAddress: arbitraryAddress,
    homeDomainAgent: arbitraryAddress,
    foreignDomainAgent: arbitraryAddress,
    revocationIdentifier: u32,
    extended,
  })
  .map(({ extended: rest, ...message }) => ({ ...message, ...rest }));

export const arbitraryRevocationAck: fc.Arbitrary<RegistrationRevocationAck> = fc
  .record({
    kind: fc.constant('registration-revocation-ack' as const),
    flags: fc.subarray(['I'] as const),
    homeAddress: arbitraryAddress,
    revocationIdentifier: u32,
    extended,
  })
  .map(({ extended: rest, ...message }) => ({ ...message, ...rest }));

const discoveryExtension: fc.Arbitrary<MobileIpExtension> = fc.oneof(
  fc.constant(oneBytePadding()),
  fc.record({ type: fc.integer({ min: 30, max: 255 }), bytes: fc.uint8Array({ maxLength: 40 }) }).map(({ type, bytes }) => ({
    type, name: 'unknown', skippable: isSkippable(type), subType: null, spi: null, bytes,
  })),
);

export const arbitraryAdvertisement: fc.Arbitrary<AgentAdvertisement> = fc.record({
  kind: fc.constant('agent-advertisement' as const),
  code: fc.constantFrom(0, 16),
  routerLifetimeSeconds: u16,
  routerAddresses: fc.array(fc.record({ address: arbitraryAddress, preference: fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff }) }), { maxLength: 4 }),
  sequenceNumber: u16,
  registrationLifetimeSeconds: u16,
  flags: fc.subarray(['R', 'B', 'H', 'F', 'M', 'G', 'r', 'T', 'U', 'X', 'I']),
  careOfAddresses: fc.array(arbitraryAddress, { maxLength: 4 }),
  prefixLengths: fc.array(fc.integer({ min: 0, max: 32 }), { maxLength: 4 }),
  extensions: fc.array(discoveryExtension, { maxLength: 3 }),
});

export const arbitrarySolicitation: fc.Arbitrary<AgentSolicitation> = fc.record({
  kind: fc.constant('agent-solicitation' as const),
  code: fc.integer({ min: 0, max: 255 }),
});

/** Everything that is sent to or from UDP port 434. */
export const arbitraryRegistration: fc.Arbitrary<MobileIpMessage> = fc.oneof(
  arbitraryRequest, arbitraryReply, arbitraryRevocation, arbitraryRevocationAck,
);

export const arbitraryDiscovery: fc.Arbitrary<MobileIpMessage> = fc.oneof(arbitraryAdvertisement, arbitrarySolicitation);
