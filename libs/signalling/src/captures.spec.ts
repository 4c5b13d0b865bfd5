import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { CaptureDecoder, type CaptureCounts, type DecodedMessage, type DecodeResult, isUnreadable, type RsvpMessage } from './index';

/** Captures of real networks with what tshark reads in them; a checkout of its own has none. */
const FOLDER = resolve(process.cwd(), '../shared/captures');
const describeWithCaptures = existsSync(FOLDER) ? describe : describe.skip;

function decode(path: string, chunkBytes = 65_536): { results: DecodeResult[]; counts: CaptureCounts } {
  const file = readFileSync(join(FOLDER, path));
  const decoder = new CaptureDecoder();
  const results: DecodeResult[] = [];
  for (let at = 0; at < file.length; at += chunkBytes) results.push(...decoder.push(file.subarray(at, at + chunkBytes)));
  results.push(...decoder.end());
  return { results, counts: decoder.counts };
}

const messagesOf = (path: string): DecodedMessage[] => decode(path).results.filter((result): result is DecodedMessage => !isUnreadable(result));

const capturesIn = (folder: string): string[] =>
  existsSync(FOLDER) ? readdirSync(join(FOLDER, folder)).filter((name) => /\.pcap(ng)?$/.test(name)).map((name) => `${folder}/${name}`) : [];

/** Rows of the decoder's table, a column by its name; an empty column is one that the message does not have. */
function oracle(path: string): Map<string, string>[] {
  const [head, ...rows] = readFileSync(join(FOLDER, path.replace(/\.pcap$/, '.tshark.tsv')), 'utf8').replace(/\n$/, '').split('\n');
  const names = head!.split('\t');
  return rows.map((row) => new Map(row.split('\t').map((value, index) => [names[index]!, value])));
}

const epoch = (timeNs: bigint): string => `${timeNs / 1_000_000_000n}.${String(timeNs % 1_000_000_000n).padStart(9, '0')}`;
const text = (value: number | string | null | undefined): string => (value === null || value === undefined ? '' : String(value));
const float = (value: number | undefined): string => (value === undefined ? '' : String(Number(value.toPrecision(6))));
const hex = (value: number, digits: number): string => `0x${value.toString(16).padStart(digits, '0')}`;

function shared(decoded: DecodedMessage): [string, string][] {
  return [
    ['frame.number', text(decoded.frame)],
    ['frame.time_epoch', epoch(decoded.timeNs)],
    ['ip.src', decoded.source],
    ['ip.dst', decoded.destination],
  ];
}

function mobileIpColumns(decoded: DecodedMessage): [string, string][] {
  const { message } = decoded;
  if (message.kind !== 'registration-request' && message.kind !== 'registration-reply') return [];
  const isRequest = message.kind === 'registration-request';
  const bits = isRequest ? message.flags.reduce((sum, flag) => sum | (0x80 >> 'SBDMGrTx'.indexOf(flag)), 0) : 0;
  return [
    ...shared(decoded),
    ['udp.srcport', text(decoded.sourcePort)],
    ['udp.dstport', text(decoded.destinationPort)],
    ['mip.type', isRequest ? '1' : '3'],
    ['mip.flags', isRequest ? hex(bits, 2) : ''],
    ['mip.code', isRequest ? '' : text(message.code)],
    ['mip.life', text(message.lifetimeSeconds)],
    ['mip.homeaddr', message.homeAddress],
    ['mip.haaddr', message.homeAgent],
    ['mip.coa', isRequest ? message.careOfAddress : ''],
  ];
}

const STYLES = { WF: 0x11, FF: 0x0a, SE: 0x12 } as const;

function rsvpColumns(decoded: DecodedMessage): [string, string][] {
  const message = decoded.message as RsvpMessage;
  const descriptor = message.flowDescriptors[0];
  const sender = message.sender ?? descriptor?.senders[0];
  const flowspec = descriptor?.flowspec?.tspec;
  const bucket = flowspec ?? message.senderTspec;
  return [
    ...shared(decoded),
    ['rsvp.msg', text(message.messageType)],
    ['rsvp.session.ip', text(message.session?.destination)],
    ['rsvp.session.proto', message.te ? '' : text(message.session?.protocol)],
    ['rsvp.session.port', message.te ? '' : text(message.session?.destinationPort)],
    ['rsvp.sender.ip', text(sender?.source)],
    ['rsvp.sender.port', text(sender?.sourcePort)],
    ['rsvp.style.style', message.style === null ? '' : hex(STYLES[message.style], 6)],
    ['rsvp.refresh_interval', text(message.refreshPeriodMs)],
    ['rsvp.hop.neighbor_address_ipv4', text(message.hop?.address)],
    ['rsvp.flowspec.token_bucket_rate', float(flowspec?.r)],
    ['rsvp.flowspec.token_bucket_size', float(flowspec?.b)],
    ['rsvp.flowspec.peak_data_rate', float(flowspec?.p)],
    ['rsvp.minimum_policed_unit', text(bucket?.m)],
    ['rsvp.maximum_packet_size', text(bucket?.M)],
    ['rsvp.error.error_code', text(message.error?.code)],
  ];
}

describeWithCaptures('real captures, against an independent decoder', () => {
  // A change of the folder, or a decoder that finds nothing, would show here.
  const compared = new Map<string, number>();
  const expectEqualToOracle = (path: string, decoded: DecodedMessage[], columns: (message: DecodedMessage) => [string, string][]): void => {
    const rows = oracle(path);
    expect(decoded.map(({ frame }) => frame)).toEqual(rows.map((row) => Number(row.get('frame.number'))));
    rows.forEach((row, index) => {
      const ours = new Map(columns(decoded[index]!));
      expect([...ours.keys()]).toEqual([...row.keys()]);
      expect(Object.fromEntries(ours)).toEqual(Object.fromEntries([...row].map(([name, value]) => [name, value ?? ''])));
      const folder = path.slice(0, path.indexOf('/'));
      compared.set(folder, (compared.get(folder) ?? 0) + ours.size);
    });
  };

  it.each(capturesIn('mobile-ip'))('%s: every registration, field by field', (path) => {
    const registrations = messagesOf(path).filter(({ message }) => message.kind.startsWith('registration-'));
    expectEqualToOracle(path, registrations, mobileIpColumns);
  });

  it.each(capturesIn('rsvp'))('%s: every RSVP message, field by field', (path) => {
    expectEqualToOracle(path, messagesOf(path), rsvpColumns);
  });

  it('compared 32 registrations in 13 fields and 10 RSVP messages in 19', () => {
    expect(Object.fromEntries(compared)).toEqual({ 'mobile-ip': 32 * 13, rsvp: 10 * 19 });
  });

  it.each([
    ['mobile-ip/away-foreign.pcap', 15, 14],
    ['mobile-ip/relay-home.pcap', 95, 0],
    ['mobile-ip/return-home.pcap', 4, 1],
  ])('%s: %d agent advertisements, %d solicitations', (path, advertisements, solicitations) => {
    const { messages } = decode(path).counts;
    expect(messages['agent-advertisement']).toBe(advertisements);
    expect(messages['agent-solicitation'] ?? 0).toBe(solicitations);
  });

  it('reads an advertisement whole', () => {
    expect(messagesOf('mobile-ip/away-foreign.pcap')[0]?.message).toEqual({
      kind: 'agent-advertisement', code: 0, routerLifetimeSeconds: 45, routerAddresses: [{ address: '192.168.0.3', preference: 1 }],
      sequenceNumber: 1, registrationLifetimeSeconds: 60, flags: ['R', 'H', 'F'], careOfAddresses: ['192.168.0.3'], prefixLengths: [],
      extensions: [],
    });
  });

  it.each([
    ['mobile-ip/away-foreign.pcap', 'mobile-ip/away-public.pcap', 6],
    ['mobile-ip/relay-foreign.pcap', 'mobile-ip/relay-public.pcap', 6],
    ['mobile-ip/return-foreign.pcap', 'mobile-ip/return-public.pcap', 2],
  ])('%s and %s show the same exchange: %d equal identities, no other', (one, other, count) => {
    const identities = (path: string) =>
      messagesOf(path)
        .filter(({ message }) => message.kind.startsWith('registration-'))
        .map(({ identity }) => Buffer.from(identity).toString('hex'));
    expect(identities(one)).toEqual(identities(other));
    expect(new Set(identities(one)).size).toBe(count);
  });

  it.each([...capturesIn('mobile-ip'), ...capturesIn('rsvp'), ...capturesIn('malformed')])('%s reads the same in chunks of any size', (path) => {
    const whole = decode(path);
    for (const chunkBytes of path.includes('intserv') ? [1009] : [1, 7, 24, 333]) expect(decode(path, chunkBytes)).toEqual(whole);
  });

  it('holds nothing of a chunk whose buffer is used again', () => {
    const file = readFileSync(join(FOLDER, 'mobile-ip/away-public.pcap'));
    const decoder = new CaptureDecoder();
    const results = decoder.push(file);
    file.fill(0);
    expect([...results, ...decoder.end()]).toEqual(decode('mobile-ip/away-public.pcap').results);
  });

  it.each([
    ['rsvp-inf-loop-2.pcapng', 1, [1]],
    ['rsvp-infinite-loop.pcap', 5, [1, 2, 3, 4, 5]],
    ['rsvp_uni-oobr-1.pcap', 1, [1]],
    ['rsvp_cap.pcap', 1, []],
  ])('F32 malformed/%s: %d frames, errors told for %j, nothing thrown', (name, frames, broken) => {
    const { results, counts } = decode(`malformed/${name}`);
    expect(counts.frames).toBe(frames);
    expect(results.filter(isUnreadable).map(({ frame }) => frame)).toEqual(broken);
    expect(results).toHaveLength(frames);
    for (const result of results.filter(isUnreadable)) expect(result.error).toMatch(/^[a-z].{10,}/);
  });

  it('F32 a good capture behind a bad frame is read on', () => {
    const bad = readFileSync(join(FOLDER, 'malformed/rsvp-infinite-loop.pcap'));
    const good = readFileSync(join(FOLDER, 'malformed/rsvp_cap.pcap'));
    const decoder = new CaptureDecoder();
    // Both are little-endian with microseconds; the frame of the second is read by the link type of the first.
    const results = decoder.push(Buffer.concat([bad, good.subarray(24)]));
    expect(results.map(({ frame }) => frame)).toEqual([1, 2, 3, 4, 5]);
    expect(decoder.counts.frames).toBe(6);
    expect(decoder.end()).toEqual([]);
  });

  it.each(capturesIn('mobile-ip').slice(0, 2))('F32 %s cut at any byte: an error for the record that is cut, all before it read', (path) => {
    const file = readFileSync(join(FOLDER, path));
    const whole = decode(path).results;
    for (let length = 0; length < file.length; length += 61) {
      const decoder = new CaptureDecoder();
      const results = [...decoder.push(file.subarray(0, length)), ...decoder.end()];
      const cut = results.filter(isUnreadable);
      expect(results.slice(0, results.length - cut.length)).toEqual(whole.slice(0, results.length - cut.length));
      expect(cut.length).toBeLessThanOrEqual(1);
      for (const { frame } of cut) expect(frame).toBe(decoder.counts.frames + 1);
    }
  });

  it('finds its files', () => {
    expect(capturesIn('mobile-ip').map((path) => basename(path))).toHaveLength(8);
  });
});
