import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  authenticationExtension, buildEthernet, buildGre, buildIp, buildIpInIp, buildIpv4, buildTunnelData, buildUdp,
  CaptureDecoder, encodeMobileIp, encodeRsvp, IpProtocol, isUnreadable, LinkType, type MobileIpMessage, naiExtension, oneBytePadding, path,
  PcapWriter, resv, UdpPort,
} from './index';

const TSHARK = '/usr/bin/tshark';
/** Wireshark's decoder is no dependency of the project: where it is not installed its opinion is not asked. */
const describeWithTshark = existsSync(TSHARK) ? describe : describe.skip;

const MACS = { source: Uint8Array.of(2, 0, 0, 0, 0, 1), destination: Uint8Array.of(2, 0, 0, 0, 0, 2) };
const ENDS = { source: '192.0.2.1', destination: '198.51.100.1' };
const ENDS_6 = { source: '2001:db8::1', destination: '2001:db8::2' };
const OUTER = { source: '203.0.113.1', destination: '203.0.113.2' };
const authenticator = new Uint8Array(16).fill(0xa5);

const registration = { homeAddress: '10.0.0.7', homeAgent: '198.51.100.1', nai: 'mn-1@example.org' };
const extensions = [naiExtension(registration.nai), authenticationExtension(32, 256, authenticator), authenticationExtension(34, 257, authenticator)];
const revoked = { homeAddress: '10.0.0.7', revocationIdentifier: 77, nai: null, extensions: extensions.slice(2) };
const mobileIp: MobileIpMessage[] = [
  { kind: 'registration-request', ...registration, flags: ['S', 'T'], lifetimeSeconds: 600, careOfAddress: '192.0.2.1', identification: 1n << 63n, extensions },
  { kind: 'registration-reply', ...registration, code: 0, lifetimeSeconds: 300, identification: 1n << 63n, extensions },
  { kind: 'registration-revocation', ...revoked, flags: ['A', 'I'], homeDomainAgent: '198.51.100.1', foreignDomainAgent: '192.0.2.1' },
  { kind: 'registration-revocation-ack', ...revoked, flags: ['I'] },
];
const discovery: MobileIpMessage[] = [
  {
    kind: 'agent-advertisement', code: 0, routerLifetimeSeconds: 30, routerAddresses: [{ address: '192.0.2.1', preference: -1 }], sequenceNumber: 300,
    registrationLifetimeSeconds: 600, flags: ['R', 'F', 'G', 'T'], careOfAddresses: ['192.0.2.1', '192.0.2.2'], prefixLengths: [24],
    extensions: [oneBytePadding()],
  },
  { kind: 'agent-solicitation', code: 0 },
];

const tspec = { r: 16_000, b: 3000, p: Infinity, m: 64, M: 1500 };
const session = { destination: '198.51.100.1', protocol: 17, destinationPort: 5004, generalized: false, flags: 0 };
const sender = { source: '192.0.2.1', sourcePort: 4000, flowLabel: null, spi: null };
const hop = { address: '192.0.2.1', lih: 0 };
const reservations = [
  path({ session, hop, refreshPeriodMs: 30_000, sender, tspec }),
  resv({
    session, hop, refreshPeriodMs: 30_000, style: 'FF',
    flowDescriptors: [{ flowspec: { service: 'guaranteed', tspec, rspec: { R: 20_000, S: 0 } }, senders: [sender] }],
  }),
];

const datagram = (payload: Uint8Array, ends = ENDS, destinationPort: number = UdpPort.MOBILE_IP): Uint8Array =>
  buildIp({ ...ends, protocol: IpProtocol.UDP }, buildUdp({ ...ends, sourcePort: 49_152, destinationPort }, payload));

const packets: Uint8Array[] = [
  ...mobileIp.map((message) => datagram(encodeMobileIp(message))),
  ...mobileIp.map((message) => buildIpInIp(OUTER, datagram(encodeMobileIp(message)))),
  ...discovery.map((message) => buildIpv4({ source: '192.0.2.1', destination: '224.0.0.1', protocol: IpProtocol.ICMP, timeToLive: 1 }, encodeMobileIp(message))),
  ...reservations.map((message) => buildIp({ ...ENDS, protocol: IpProtocol.RSVP, routerAlert: true }, encodeRsvp(message))),
  ...reservations.map((message) => buildIp({ ...ENDS_6, protocol: IpProtocol.RSVP, routerAlert: true, flowLabel: 9 }, encodeRsvp(message))),
  ...reservations.map((message) => datagram(encodeRsvp(message), ENDS, UdpPort.RSVP_ENCAPSULATION)),
];
const inner = datagram(encodeMobileIp(mobileIp[0]!));
// Minimal encapsulation (RFC 2004) is missing here: the decoder does not follow it.
packets.push(
  buildIpv4({ ...OUTER, protocol: IpProtocol.GRE }, buildGre({ key: 7, sequenceNumber: 1, checksum: true }, inner)),
  datagram(buildTunnelData(inner), OUTER),
  datagram(inner, OUTER, UdpPort.RSVP_TUNNEL),
  buildIpInIp(ENDS_6, inner),
);

/** Two ports that it does not know by itself: RFC 2746 §6.1 and RFC 2205 appendix C. */
const DECODE_AS = ['udp.port==363,ip', 'udp.port==1698,rsvp'].flatMap((rule) => ['-d', rule]);

function tshark(file: string, fields: readonly string[]): string[][] {
  const checks = ['ip.check_checksum', 'udp.check_checksum'].flatMap((name) => ['-o', `${name}:TRUE`]);
  const columns = fields.flatMap((field) => ['-e', field]);
  const options = ['-n', '-r', file, ...checks, ...DECODE_AS, '-T', 'fields', ...columns];
  const output = execFileSync(TSHARK, options, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  return output.replace(/\n$/, '').split('\n').map((line) => line.split('\t'));
}

describeWithTshark('what the encoders make, read by an independent decoder', () => {
  let folder = '';
  let file = '';

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'signalling-'));
    file = join(folder, 'made.pcap');
    const writer = new PcapWriter(LinkType.ETHERNET);
    const frames = packets.map((packet, index) =>
      writer.record(1_700_000_000_000_000_001n + BigInt(index), buildEthernet({ ...MACS, vlans: index % 2 === 1 ? [9] : [] }, packet)),
    );
    writeFileSync(file, Buffer.concat([writer.header(), ...frames]));
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  it('finds nothing malformed and no wrong checksum', () => {
    const rows = tshark(file, ['frame.number', '_ws.malformed', ...['ip', 'udp', 'icmp', 'gre'].map((protocol) => `${protocol}.checksum.status`)]);
    expect(rows).toHaveLength(packets.length);
    // 0 is bad, 1 is good, 2 is unverified.
    for (const [frame, malformed, ...checksums] of rows) {
      expect({ frame, malformed, bad: checksums.join().split(',').includes('0') }).toEqual({ frame, malformed: '', bad: false });
    }
    expect(rows.filter((row) => row[3]?.includes('1')).length).toBeGreaterThan(10);
  });

  it('sees the message in every frame, as we do', () => {
    const seen = tshark(file, ['mip.type', 'icmp.type', 'rsvp.msg', 'frame.time_epoch']);
    const decoder = new CaptureDecoder();
    const header = tshark(file, ['frame.number']).length;
    const results = [...decoder.push(readFileSync(file)), ...decoder.end()];
    expect(results).toHaveLength(header);
    const kinds: Record<string, string> = {
      'registration-request': '1', 'registration-reply': '3', 'registration-revocation': '7', 'registration-revocation-ack': '15',
      'agent-advertisement': '9', 'agent-solicitation': '10', path: '1', resv: '2',
    };
    results.forEach((result, index) => {
      if (isUnreadable(result)) throw new Error(result.error);
      const [mip, icmp, rsvp, time] = seen[index]!;
      const types = [mip, icmp, rsvp].join().split(',').filter((type) => type !== '' && type !== '4');
      expect(types).toEqual([kinds[result.message.kind]]);
      expect(time).toBe(`1700000000.${String(1 + index).padStart(9, '0')}`);
      expect(result.violations).toEqual([]);
    });
  });
});
