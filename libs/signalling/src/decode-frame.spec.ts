import * as fc from 'fast-check';
import { decodeFrame } from './decode-frame';
import { authenticationExtension } from './mobile-ip/extensions';
import { encodeMobileIp } from './mobile-ip/mobile-ip-codec';
import { arbitraryAddress, arbitraryDiscovery, arbitraryRegistration } from './mobile-ip/arbitrary-mobile-ip.testing';
import { type DecodedMessage, type Encapsulation, isUnreadable, type MobileIpMessage } from './messages';
import { buildEthernet } from './network/build-ethernet';
import { buildGre, buildIp, buildIpInIp, buildMinimalEncapsulation, buildTunnelData } from './network/build-tunnel';
import { IpProtocol, UdpPort } from './network/ip-protocol';
import { buildIpv4 } from './network/ipv4';
import { buildIpv6 } from './network/ipv6';
import { LinkType } from './network/link-type';
import { buildUdp } from './network/udp';
import { encodeRsvp } from './rsvp';
import { rsvpMessage } from './rsvp/arbitrary-rsvp.testing';

const SOURCE = '192.0.2.1';
const DESTINATION = '198.51.100.1';
const OUTER = { source: '203.0.113.1', destination: '203.0.113.2' };
const ETHERNET = { source: Uint8Array.of(2, 0, 0, 0, 0, 1), destination: Uint8Array.of(2, 0, 0, 0, 0, 2) };

const request: MobileIpMessage = {
  kind: 'registration-request', flags: [], lifetimeSeconds: 60, homeAddress: '10.0.0.7', homeAgent: DESTINATION, careOfAddress: SOURCE,
  identification: 1n, nai: null, extensions: [authenticationExtension(32, 1, new Uint8Array(16))],
};

function datagram(payload: Uint8Array, { source = SOURCE, destination = DESTINATION, sourcePort = 5000, destinationPort = 434 } = {}): Uint8Array {
  const udp = buildUdp({ source, destination, sourcePort, destinationPort }, payload);
  return buildIp({ source, destination, protocol: IpProtocol.UDP }, udp);
}

const packet = datagram(encodeMobileIp(request));
const decode = (bytes: Uint8Array, linkType: number = LinkType.RAW) => decodeFrame({ linkType, bytes, number: 3, timeNs: 7n, timeDigits: 9 });
const bytes = (...values: (number | Uint8Array)[]): Uint8Array => Uint8Array.from(values.flatMap((value) => (typeof value === 'number' ? [value] : [...value])));

function expectRequest(frame: Uint8Array, linkType?: number): DecodedMessage {
  const result = decode(frame, linkType);
  expect(result).toMatchObject({ frame: 3, timeNs: 7n, protocol: 'mobile-ip', message: request, violations: [] });
  return result as DecodedMessage;
}

describe('link layers', () => {
  it.each<[string, number, Uint8Array]>([
    ['Ethernet', LinkType.ETHERNET, buildEthernet(ETHERNET, packet)],
    ['Ethernet with padding behind the packet', LinkType.ETHERNET, bytes(buildEthernet(ETHERNET, packet), 0, 0, 0, 0, 0)],
    ['802.1Q', LinkType.ETHERNET, buildEthernet({ ...ETHERNET, vlans: [42] }, packet)],
    ['802.1ad', LinkType.ETHERNET, buildEthernet({ ...ETHERNET, vlans: [7, 42] }, packet)],
    ['Linux cooked', LinkType.LINUX_COOKED, bytes(new Uint8Array(14), 8, 0, packet)],
    ['Linux cooked, version 2', LinkType.LINUX_COOKED_2, bytes(8, 0, new Uint8Array(18), packet)],
    ['raw', LinkType.RAW, packet],
    ['raw of BSD', LinkType.RAW_BSD, packet],
    ['raw of OpenBSD', LinkType.RAW_OPENBSD, packet],
    ['IPv4', LinkType.IPV4, packet],
    ['null, little-endian', LinkType.NULL, bytes(2, 0, 0, 0, packet)],
    ['null, big-endian', LinkType.NULL, bytes(0, 0, 0, 2, packet)],
    ['loop', LinkType.LOOP, bytes(0, 0, 0, 2, packet)],
    ['PPP', LinkType.PPP, bytes(0xff, 3, 0, 0x21, packet)],
    ['PPP, compressed', LinkType.PPP, bytes(0x21, packet)],
  ])('%s', (_, linkType, frame) => {
    expectRequest(frame, linkType);
  });

  it.each<[string, number, Uint8Array]>([
    ['an 802.3 length', LinkType.ETHERNET, bytes(new Uint8Array(12), 0, 60, packet)],
    ['ARP', LinkType.ETHERNET, bytes(new Uint8Array(12), 8, 6, packet)],
    ['a loopback family that is not IP', LinkType.NULL, bytes(7, 0, 0, 0, packet)],
    ['a link type that is not read', 147, packet],
  ])('%s is no signalling', (_, linkType, frame) => {
    expect(decode(frame, linkType)).toBeNull();
  });
});

describe('tunnels', () => {
  const around = (kind: Encapsulation['kind'], more: Partial<Encapsulation> = {}): Encapsulation => ({ kind, ...OUTER, key: null, ports: null, ...more });
  const gre = (header: Parameters<typeof buildGre>[0]) => buildIpv4({ ...OUTER, protocol: IpProtocol.GRE }, buildGre(header, packet));
  const ports = { sourcePort: 49152, destinationPort: UdpPort.RSVP_TUNNEL };
  const cases: [string, Uint8Array, Encapsulation[]][] = [
    ['IP in IP', buildIpInIp(OUTER, packet), [around('ip-in-ip')]],
    ['GRE', gre({}), [around('gre')]],
    ['GRE with everything', gre({ key: 0xcafe, sequenceNumber: 9, checksum: true }), [around('gre', { key: 0xcafe })]],
    ['minimal encapsulation', buildMinimalEncapsulation(OUTER, packet), [around('minimal')]],
    ['RFC 2746 on port 363', datagram(packet, { ...OUTER, ...ports }), [around('udp', { ports: { source: 49152, destination: 363 } })]],
    ['RFC 3519 tunnel data', datagram(buildTunnelData(packet), { ...OUTER, sourcePort: 434 }), [around('udp', { ports: { source: 434, destination: 434 } })]],
    ['IP in IP in GRE', buildIpv4({ ...OUTER, protocol: IpProtocol.GRE }, buildGre({ key: 1 }, buildIpInIp(OUTER, packet))), [around('gre', { key: 1 }), around('ip-in-ip')]],
  ];

  it.each(cases)('%s', (_, frame, tunnels) => {
    const found = expectRequest(frame);
    expect(found.tunnels).toEqual(tunnels);
    expect(found).toMatchObject({ source: SOURCE, destination: DESTINATION, sourcePort: 5000, destinationPort: 434 });
  });

  it('IPv4 in IPv6, behind extension headers', () => {
    const options = bytes(IpProtocol.IPV4, 0, 1, 4, 0, 0, 0, 0, packet);
    const frame = buildIpv6({ source: '2001:db8::1', destination: '2001:db8::2', protocol: IpProtocol.DESTINATION_OPTIONS, routerAlert: true }, options);
    expect(expectRequest(frame).tunnels).toEqual([{ kind: 'ip-in-ip', source: '2001:db8::1', destination: '2001:db8::2', key: null, ports: null }]);
  });

  it('behind an authentication header', () => {
    const udp = packet.subarray(20);
    const header = bytes(IpProtocol.UDP, 4, new Uint8Array(22));
    expectRequest(buildIpv4({ source: SOURCE, destination: DESTINATION, protocol: IpProtocol.AUTHENTICATION }, bytes(header, udp)));
  });

  it('has the same identity inside and outside a tunnel', () => {
    const plain = expectRequest(packet).identity;
    for (const [, frame] of cases) expect(expectRequest(frame).identity).toEqual(plain);
  });

  it('F32 nested without end are told, not followed', () => {
    let deep = packet;
    for (let depth = 0; depth < 40; depth += 1) deep = buildIpInIp(OUTER, deep);
    expect(decode(deep)).toMatchObject({ frame: 3, error: expect.stringMatching(/nested deeper than 8/) });
  });
});

describe('what cannot be read is told, not misread', () => {
  const withFragment = (field: number, from = packet): Uint8Array => {
    const copy = from.slice();
    new DataView(copy.buffer).setUint16(6, field);
    return copy;
  };
  const rsvp = buildIpv4({ source: SOURCE, destination: DESTINATION, protocol: IpProtocol.RSVP }, new Uint8Array(40));

  it.each<[string, Uint8Array, RegExp]>([
    ['the first fragment of a registration', withFragment(0x2000), /first fragment/],
    ['the first fragment of RSVP', withFragment(0x2000, rsvp), /first fragment/],
    ['a later fragment of RSVP', withFragment(0x0004, rsvp), /fragment of an RSVP message \(offset 32\)/],
    ['a frame cut at a snap length between extensions', packet.subarray(0, 20 + 8 + 24), /lacks 22 bytes/],
    ['an IPv4 header of 16 bytes', bytes(0x44, rsvp.subarray(1)), /claims 16 bytes/],
    ['an empty datagram', datagram(new Uint8Array(0)), /message type needs 1 bytes/],
  ])('F32 %s', (_, frame, error) => {
    expect(decode(frame)).toMatchObject({ frame: 3, timeNs: 7n, error: expect.stringMatching(error) });
  });

  it('a later fragment of UDP tells no port and is no signalling', () => {
    expect(decode(withFragment(0x0004))).toBeNull();
  });

  it.each<[string, number, (frame: Uint8Array) => void, string[]]>([
    ['a wrong UDP checksum', 4, (frame) => (frame[27]! ^= 1), ['checksum-wrong']],
    ['no UDP checksum over IPv4', 4, (frame) => frame.fill(0, 26, 28), []],
    ['no UDP checksum over IPv6', 6, (frame) => frame.fill(0, 46, 48), ['checksum-absent']],
    ['a wrong header checksum, as offloading hosts show it', 4, (frame) => (frame[10]! ^= 1), []],
  ])('%s', (_, version, change, violations) => {
    const ipv6 = { source: '2001:db8::1', destination: '2001:db8::2' };
    const frame = version === 4 ? packet.slice() : datagram(encodeMobileIp(request), ipv6);
    change(frame);
    const result = decode(frame);
    expect(result).toMatchObject({ message: request });
    expect((result as DecodedMessage).violations.map(({ name }) => name)).toEqual(violations);
  });

  it('data on the ports of RSVP in UDP is no signalling, unless it is RSVP', () => {
    expect(decode(datagram(new Uint8Array(100), { destinationPort: 1698 }))).toBeNull();
    expect(decode(datagram(Uint8Array.of(0x10), { destinationPort: 1699 }))).toBeNull();
  });
});

describe('any message in any frame', () => {
  const link = fc.constantFrom<readonly number[] | undefined>(undefined, [1], [2, 3]);
  const wrap = fc.constantFrom<(inner: Uint8Array) => Uint8Array>(
    (inner) => inner,
    (inner) => buildIpInIp(OUTER, inner),
    (inner) => buildIpv4({ ...OUTER, protocol: IpProtocol.GRE }, buildGre({ key: 5 }, inner)),
    (inner) => datagram(inner, { ...OUTER, destinationPort: UdpPort.RSVP_TUNNEL }),
    (inner) => datagram(buildTunnelData(inner), OUTER),
  );
  const inFrame = (vlans: readonly number[] | undefined, inner: Uint8Array) => {
    const result = decode(buildEthernet({ ...ETHERNET, ...(vlans && { vlans }) }, inner), LinkType.ETHERNET);
    if (result === null || isUnreadable(result)) throw new Error(result === null ? 'no message' : result.error);
    return result;
  };

  it('I22 decode ∘ encode is the identity for Mobile IP', () => {
    fc.assert(
      fc.property(arbitraryRegistration, arbitraryAddress, arbitraryAddress, link, wrap, (message, source, destination, vlans, tunnel) => {
        const found = inFrame(vlans, tunnel(datagram(encodeMobileIp(message), { source, destination })));
        expect(found).toMatchObject({ source, destination, sourcePort: 5000, destinationPort: 434, protocol: 'mobile-ip', timeDigits: 9 });
        expect(found.message).toEqual(message);
        expect(found.violations.filter(({ name }) => name.startsWith('checksum'))).toEqual([]);
      }),
    );
  });

  it('I22 decode ∘ encode is the identity for agent discovery', () => {
    fc.assert(
      fc.property(arbitraryDiscovery, link, (message, vlans) => {
        const icmp = buildIpv4({ source: SOURCE, destination: '224.0.0.1', protocol: IpProtocol.ICMP, timeToLive: 1 }, encodeMobileIp(message));
        expect(inFrame(vlans, icmp).message).toEqual(message);
      }),
    );
  });

  it('I22 decode ∘ encode is the identity for RSVP, over IP and in UDP, over IPv4 and IPv6', () => {
    const addresses = fc.constantFrom({ source: SOURCE, destination: DESTINATION }, { source: '2001:db8::1', destination: '2001:db8::2' });
    fc.assert(
      fc.property(rsvpMessage, addresses, link, fc.boolean(), (message, ends, vlans, inUdp) => {
        const encoded = encodeRsvp(message);
        const inner = inUdp
          ? datagram(encoded, { ...ends, destinationPort: UdpPort.RSVP_ENCAPSULATION })
          : buildIp({ ...ends, protocol: IpProtocol.RSVP, routerAlert: true }, encoded);
        const found = inFrame(vlans, inner);
        expect(found.message).toEqual(message);
        expect(found).toMatchObject({ ...ends, protocol: 'rsvp', destinationPort: inUdp ? 1698 : null });
        expect(found.violations.map(({ name }) => name)).not.toContain('router-alert-missing');
      }),
    );
  });
});
