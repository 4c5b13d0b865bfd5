/** One node that a capture shows, its registrations and one session of it by several senders. */
import {
  buildIpInIp, buildIpv4, buildUdp, encodeMobileIp, encodeRsvp, IpProtocol, LinkType, path, pathTear, PcapWriter, resv, resvTear,
  type MobileIpMessage, type RsvpMessage,
} from '#signalling';
import type { TestLedger } from '../open-ledger.testing';

export const [a, b, c] = ['198.51.100.1', '198.51.101.1', '198.51.102.1'] as const;
export const [homeAgent, homeAddress, cn] = ['203.0.113.1', '10.0.0.5', '192.0.2.9'] as const;
const tspec = { r: 10_000, b: 2_000, p: 20_000, m: 64, M: 1_500 };
const session = { destination: homeAddress, protocol: 17, destinationPort: 5004, generalized: false, flags: 0 };
const flowspec = { service: 'controlled-load', tspec, rspec: null } as const;
const senderOf = (sourcePort: number) => ({ source: cn, sourcePort, flowLabel: null, spi: null });

export type Frame = readonly [seconds: number, packet: Uint8Array];

function mobileIp(seconds: number, message: MobileIpMessage, source: string, destination: string): Frame {
  const datagram = buildUdp({ source, destination, sourcePort: 434, destinationPort: 434 }, encodeMobileIp(message));
  return [seconds, buildIpv4({ source, destination, protocol: IpProtocol.UDP }, datagram)];
}

export function registered(seconds: number, careOfAddress: string): Frame[] {
  const of = { homeAgent, homeAddress, nai: null, extensions: [], lifetimeSeconds: 6_000, identification: BigInt(1 + seconds) } as const;
  return [
    mobileIp(seconds, { ...of, kind: 'registration-request', flags: [], careOfAddress }, homeAddress, careOfAddress),
    mobileIp(seconds + 0.05, { ...of, kind: 'registration-reply', code: 0 }, homeAgent, careOfAddress),
  ];
}

function rsvp([seconds, source, destination]: readonly [number, string, string], message: RsvpMessage, careOfAddress?: string): Frame {
  const packet = buildIpv4({ source, destination, protocol: IpProtocol.RSVP, timeToLive: 60 }, encodeRsvp(message));
  return [seconds, careOfAddress === undefined ? packet : buildIpInIp({ source: homeAgent, destination: careOfAddress }, packet)];
}

export function told(seconds: number, careOfAddress: string, kind: 'path' | 'path-tear', sourcePort = 4000): Frame {
  const of = { session, hop: { address: cn, lih: 1 }, sender: senderOf(sourcePort), tspec, sendTtl: 60 };
  const message = kind === 'path' ? path({ ...of, refreshPeriodMs: 30_000 }) : pathTear(of);
  return rsvp([seconds, cn, homeAddress], message, careOfAddress);
}

export function reserved(seconds: number, careOfAddress: string, kind: 'resv' | 'resv-tear', style: 'FF' | 'SE' | 'WF', ...ports: number[]): Frame {
  const of = { session, hop: { address: homeAddress, lih: 1 }, style, flowDescriptors: [{ flowspec, senders: ports.map(senderOf) }] };
  return rsvp([seconds, homeAddress, careOfAddress], kind === 'resv' ? resv({ ...of, refreshPeriodMs: 30_000 }) : resvTear(of));
}

async function* captureOf(frames: readonly Frame[], beginsAt: number): AsyncGenerator<Uint8Array> {
  const writer = new PcapWriter(LinkType.RAW);
  yield writer.header();
  for (const [seconds, packet] of frames) yield writer.record(BigInt(Math.round(1_000 * (beginsAt + seconds))) * 1_000_000n, packet);
}

export const ingest = (ledger: TestLedger, ...frames: readonly Frame[]) => ledger.ingest.ingest(captureOf(frames, 1_000), { actor: 'test' });

/** What happened within the last half minute. */
export const ingestOfNow = (ledger: TestLedger, ...frames: readonly Frame[]) => ledger.ingest.ingest(captureOf(frames, Math.floor(Date.now() / 1_000) - 30), { actor: 'test' });

/** `care-of address style state`, and a temporary id, of each leg that stands; then the care-of addresses and causes of those that ended, in order. */
export async function legs(ledger: TestLedger): Promise<readonly [standing: string[], ended: string[]]> {
  await ledger.runner.waitFor(await ledger.store.head(), 20_000);
  const { rows } = await ledger.database.pool.query<{ leg: string; cause: string | null }>(
    `select l.care_of_address || ' ' || coalesce(s.style || ' ', '') || l.state || coalesce(' ' || l.temporary_field, '') as leg, l.care_of_address || ' ' || l.cause as cause
      from projection.session_legs l join projection.sessions s using (session_id) order by l.ended_position, l.care_of_address, s.style`,
  );
  return [rows.flatMap(({ leg, cause }) => (cause === null ? [leg] : [])), rows.flatMap(({ cause }) => cause ?? [])];
}
