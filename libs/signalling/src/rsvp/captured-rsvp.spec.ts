import path from 'node:path';
import type { RsvpMessage } from '../messages';
import { capturesFolder, rsvpCaptures, rsvpPayloads, tsharkRows } from './captured-rsvp.testing';
import { decodeRsvp } from './decode-rsvp';
import { encodeRsvp } from './encode-rsvp';

/** Only where the recorded captures lie beside the checkout; elsewhere this suite has nothing to compare with. */
const describeCaptures = rsvpCaptures.length > 0 ? describe : describe.skip;
const names = rsvpCaptures.length > 0 ? rsvpCaptures : ['the recorded captures are not beside this checkout'];

/** The columns of the oracle as this codec tells them; tshark prints floats with six digits. */
function columns(message: RsvpMessage): Record<string, string> {
  const { session, hop, style, error } = message;
  const sender = message.sender ?? message.flowDescriptors[0]?.senders[0];
  const tspec = message.senderTspec ?? message.flowDescriptors[0]?.flowspec?.tspec;
  const flowspec = message.flowDescriptors[0]?.flowspec?.tspec;
  const text = (value: number | string | null | undefined): string => (value === null || value === undefined ? '' : String(value));
  const rate = (value: number | undefined): string => (value === undefined ? '' : String(Number(value.toPrecision(6))));
  return {
    'rsvp.msg': text(message.messageType),
    'rsvp.session.ip': text(session?.destination),
    'rsvp.session.proto': message.te ? '' : text(session?.protocol),
    'rsvp.session.port': message.te ? '' : text(session?.destinationPort),
    'rsvp.sender.ip': text(sender?.source),
    'rsvp.sender.port': text(sender?.sourcePort),
    'rsvp.style.style': style === null ? '' : { FF: '0x00000a', SE: '0x000012', WF: '0x000011' }[style],
    'rsvp.refresh_interval': text(message.refreshPeriodMs),
    'rsvp.hop.neighbor_address_ipv4': text(hop?.address),
    'rsvp.flowspec.token_bucket_rate': rate(flowspec?.r),
    'rsvp.flowspec.token_bucket_size': rate(flowspec?.b),
    'rsvp.flowspec.peak_data_rate': rate(flowspec?.p),
    'rsvp.minimum_policed_unit': text(tspec?.m),
    'rsvp.maximum_packet_size': text(tspec?.M),
    'rsvp.error.error_code': text(error?.code),
  };
}

describeCaptures('recorded RSVP', () => {
  it.each(names)('%s is read as tshark reads it, and written back byte for byte', (name) => {
    const file = path.join(capturesFolder, 'rsvp', name);
    const payloads = rsvpPayloads(file);
    const oracle = tsharkRows(file.replace(/\.pcap$/, '.tshark.tsv')).filter((row) => row['rsvp.msg'] !== '');
    expect(oracle.length).toBeGreaterThan(0);
    expect([...payloads.keys()]).toEqual(oracle.map((row) => Number(row['frame.number'])));
    for (const row of oracle) {
      const payload = payloads.get(Number(row['frame.number']))!;
      const { message } = decodeRsvp(payload);
      expect(row).toMatchObject(columns(message));
      expect(message.te).toBe(name.startsWith('te-'));
      expect(message.checksum.state).toBe('correct');
      expect(encodeRsvp(message)).toEqual(new Uint8Array(payload));
    }
  });
});
