import * as fc from 'fast-check';
import type { RegistrationReply, RegistrationRequest } from '../messages';
import { readAgentDiscovery } from './agent-discovery';
import { arbitraryDiscovery, arbitraryRegistration, arbitraryRequest } from './arbitrary-mobile-ip.testing';
import { authenticationExtension, buildExtension, greKeyExtension, naiExtension } from './extensions';
import { decodeMobileIp, encodeMobileIp } from './mobile-ip-codec';

const SENDER = Uint8Array.of(192, 0, 2, 1);
const authenticator = Uint8Array.from({ length: 16 }, (_, index) => index);

const request: RegistrationRequest = {
  kind: 'registration-request',
  flags: ['T'],
  lifetimeSeconds: 600,
  homeAddress: '10.0.0.7',
  homeAgent: '192.0.2.1',
  careOfAddress: '198.51.100.1',
  identification: 0xdda48d17_0b64b808n,
  nai: 'mn-1@example.org',
  extensions: [naiExtension('mn-1@example.org'), authenticationExtension(32, 0x1234, authenticator)],
};
const reply: RegistrationReply = {
  kind: 'registration-reply',
  code: 0,
  lifetimeSeconds: 600,
  homeAddress: '10.0.0.7',
  homeAgent: '192.0.2.1',
  identification: request.identification,
  nai: null,
  extensions: [],
};

const violationsOf = (bytes: Uint8Array) => decodeMobileIp(bytes).violations.map(({ name }) => name);
const identityOf = (message: RegistrationRequest | RegistrationReply) => decodeMobileIp(encodeMobileIp(message)).identity;

describe('Mobile IP on UDP port 434', () => {
  it('I22 decode ∘ encode is the identity', () => {
    fc.assert(
      fc.property(arbitraryRegistration, (message) => {
        expect(decodeMobileIp(encodeMobileIp(message)).message).toEqual(message);
      }),
      { numRuns: 2000 },
    );
  });

  it('lays out a request as RFC 5944 §3.3 draws it', () => {
    expect(Buffer.from(encodeMobileIp(request)).toString('hex')).toBe(
      '010202580a000007c0000201c6336401dda48d170b64b808' + // fixed part
        '8310' + Buffer.from('mn-1@example.org').toString('hex') + // NAI
        '201400001234000102030405060708090a0b0c0d0e0f', // mobile-home authentication
    );
  });

  it('tells the SPI of authentication and the sub-type of long and short extensions', () => {
    const extensions = [
      buildExtension(36, Uint8Array.of(0, 0, 0, 2, 9, 9), 1),
      greKeyExtension(0xcafe),
      buildExtension(145, Uint8Array.of(2, 0x68, 0x69)),
      buildExtension(200, Uint8Array.of(1)),
    ];
    const { message } = decodeMobileIp(encodeMobileIp({ ...request, extensions, nai: null }));
    expect(message).toMatchObject({
      extensions: [
        { name: 'generalized-authentication', subType: 1, spi: 2, skippable: false },
        { name: 'gre-key', subType: 0, spi: null },
        { name: 'message-string', subType: 2, skippable: true },
        { name: 'unknown', subType: null, skippable: true },
      ],
    });
  });

  it('puts an NAI that has no extension yet in front', () => {
    const { message } = decodeMobileIp(encodeMobileIp({ ...request, extensions: [authenticationExtension(32, 1, authenticator)] }));
    expect(message).toMatchObject({ nai: 'mn-1@example.org', extensions: [{ type: 131 }, { type: 32 }] });
  });

  it('F33 an authentication extension that holds no authenticator, or not even an SPI, is told beside the message; so is a second one', () => {
    const authenticated = (...bytes: number[]) =>
      violationsOf(encodeMobileIp({ ...request, nai: null, extensions: [buildExtension(32, Uint8Array.from(bytes))] }));
    expect(authenticated(0, 0, 1)).toEqual(['authentication-extension-missing', 'authentication-extension-malformed']);
    expect(authenticated(0, 0, 1, 0)).toEqual(['authentication-extension-malformed']);
    expect(authenticated(0, 0, 1, 0, 0xff)).toEqual([]);
    expect(violationsOf(encodeMobileIp({ ...request, extensions: [...request.extensions, authenticationExtension(32, 256, authenticator)] })))
      .toEqual(['authentication-extension-repeated']);
  });

  it('F33 records what an RFC forbids beside the message, and reads it all the same', () => {
    expect(violationsOf(encodeMobileIp(request))).toEqual([]);
    expect(violationsOf(encodeMobileIp({ ...request, extensions: [], nai: null }))).toEqual(['authentication-extension-missing']);
    expect(violationsOf(encodeMobileIp({ ...request, flags: ['r', 'x'] }))).toEqual(['reserved-bits-set']);
    const unknown = buildExtension(99, new Uint8Array(3));
    expect(violationsOf(encodeMobileIp({ ...request, extensions: [...request.extensions, unknown] }))).toEqual(['unknown-critical-extension']);
    const told = (nai: Uint8Array): string[] =>
      violationsOf(encodeMobileIp({ ...request, nai: null, extensions: [buildExtension(131, nai), request.extensions[1]!] }));
    const text = (nai: string): string[] => told(new TextEncoder().encode(nai));
    const odds = ['a\0b', 'a b', 'a\u00a0b', 'a\u202eb', 'a\u2028b', 'a\ufeffb', 'ü'.repeat(127), 'x'.repeat(254), ''];
    for (const odd of odds) expect([odd, text(odd)]).toEqual([odd, ['nai-malformed']]);
    expect(told(Uint8Array.of(0xff, 0xfe))).toEqual(['nai-malformed']);
    for (const nai of ['ü@x', 'mn', '@realm.example', 'mn@例え.example', 'x'.repeat(253), 'ü'.repeat(126)]) expect([nai, text(nai)]).toEqual([nai, []]);
    expect(violationsOf(encodeMobileIp(reply))).toEqual(['authentication-extension-missing']);
    for (const code of [66, 78, 194]) expect(violationsOf(encodeMobileIp({ ...reply, code }))).toEqual([]);
    for (const lifetimeSeconds of [0, 65535]) {
      expect(decodeMobileIp(encodeMobileIp({ ...request, lifetimeSeconds })).message).toMatchObject({ lifetimeSeconds });
    }
  });

  it('fails with the offset in the frame where a message is cut, anywhere', () => {
    const bytes = encodeMobileIp(request);
    // Between whole extensions a shorter message is a message: the length of the datagram is what tells.
    const whole = [24, 24 + 18, bytes.length];
    for (let length = 0; length < bytes.length; length += 1) {
      if (whole.includes(length)) continue;
      expect(() => decodeMobileIp(bytes.subarray(0, length), 42)).toThrow(expect.objectContaining({ name: 'DecodeError' }));
    }
    expect(() => decodeMobileIp(Uint8Array.of(1, 0), 42)).toThrow(expect.objectContaining({ offset: 44 }));
  });

  it('names a registered type that it does not read', () => {
    expect(() => decodeMobileIp(Uint8Array.of(18))).toThrow(/regional registration request/);
    expect(() => decodeMobileIp(Uint8Array.of(99))).toThrow(/unknown Mobile IP message type 99/);
  });
});

describe('identity of a message', () => {
  it('is the same behind an agent that adds and strips extensions or numbers requests itself', () => {
    const relayed = {
      ...request,
      identification: (7n << 32n) | (request.identification & 0xffff_ffffn),
      extensions: [...request.extensions, authenticationExtension(34, 9, authenticator)],
    };
    const byNode = { ...request, extensions: [...request.extensions, authenticationExtension(33, 5, authenticator)] };
    expect(identityOf(relayed)).toEqual(identityOf(request));
    expect(identityOf(byNode)).toEqual(identityOf(request));
    const bare = { ...reply, extensions: [authenticationExtension(34, 9, authenticator)] };
    expect(identityOf(bare)).toEqual(identityOf(reply));
  });

  it('differs for two different messages', () => {
    const different = [
      { ...request, identification: request.identification + 1n },
      { ...request, homeAddress: '10.0.0.8' },
      { ...request, careOfAddress: '198.51.100.2' },
      { ...request, lifetimeSeconds: 0 },
      { ...request, flags: [] },
      { ...request, nai: 'mn-2@example.org', extensions: [naiExtension('mn-2@example.org'), request.extensions[1]!] },
      reply,
      { ...reply, code: 66 },
    ].map((message) => Buffer.from(identityOf(message)).toString('hex'));
    expect(new Set([...different, Buffer.from(identityOf(request)).toString('hex')]).size).toBe(different.length + 1);
  });

  it('depends on every field of a request but the upper half of its identification', () => {
    fc.assert(
      fc.property(arbitraryRequest, arbitraryRequest, (a, b) => {
        const fixed = ({ flags, lifetimeSeconds, homeAddress, homeAgent, careOfAddress, identification }: RegistrationRequest) =>
          JSON.stringify([flags, lifetimeSeconds, homeAddress, homeAgent, careOfAddress, String(identification & 0xffff_ffffn)]);
        const mixed = { ...b, ...a, identification: b.identification };
        expect(Buffer.from(identityOf(mixed)).equals(Buffer.from(identityOf(a)))).toBe(fixed(mixed) === fixed(a));
      }),
    );
  });
});

describe('agent discovery in ICMP', () => {
  it('I22 decode ∘ encode is the identity', () => {
    fc.assert(
      fc.property(arbitraryDiscovery, (message) => {
        const found = readAgentDiscovery(encodeMobileIp(message), 0, SENDER);
        expect(found?.message).toEqual(message);
        expect(found?.violations.filter(({ name }) => name === 'checksum-wrong')).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  it('knows the solicitations of two nodes apart', () => {
    const bytes = encodeMobileIp({ kind: 'agent-solicitation', code: 0 });
    const other = readAgentDiscovery(bytes, 0, Uint8Array.of(192, 0, 2, 2));
    expect(readAgentDiscovery(bytes, 0, SENDER)?.identity).not.toEqual(other?.identity);
  });

  it('does not take a plain router for an agent, and records a wrong checksum', () => {
    const router = Uint8Array.of(9, 0, 0, 0, 1, 2, 0, 30, 192, 0, 2, 9, 0, 0, 0, 0);
    expect(readAgentDiscovery(router, 0, SENDER)).toBeNull();
    const bytes = encodeMobileIp({ kind: 'agent-solicitation', code: 0 });
    bytes[2]! ^= 1;
    expect(readAgentDiscovery(bytes, 0, SENDER)?.violations).toEqual([expect.objectContaining({ name: 'checksum-wrong' })]);
  });
});
