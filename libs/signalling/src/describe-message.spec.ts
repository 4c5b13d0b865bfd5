import * as fc from 'fast-check';
import { describeMessage, formatTime, type Json } from './describe-message';
import type { DecodedMessage, RsvpMessage, SignallingMessage } from './messages';
import { arbitraryDiscovery, arbitraryRegistration } from './mobile-ip/arbitrary-mobile-ip.testing';
import { authenticationExtension } from './mobile-ip/extensions';
import { path, resv } from './rsvp';
import { rsvpMessage } from './rsvp/arbitrary-rsvp.testing';

const decoded = (message: SignallingMessage, more: Partial<DecodedMessage> = {}): DecodedMessage => ({
  frame: 1, timeNs: 1_509_559_959_191_153_000n, timeDigits: 6, source: '192.0.2.1', destination: '198.51.100.1', sourcePort: null,
  destinationPort: null, tunnels: [], link: null, protocol: 'messageType' in message ? 'rsvp' : 'mobile-ip', message, identity: new Uint8Array(0),
  violations: [], ...more,
});

const session = { destination: '198.51.100.1', protocol: 17, destinationPort: 5004, generalized: false, flags: 0 };
const hop = { address: '192.0.2.1', lih: 3 };
const tspec = { r: 1000, b: 2000, p: Infinity, m: 64, M: 1500 };
const flowspec = { service: 'controlled-load' as const, tspec, rspec: null };
const told = { r: 1000, b: 2000, p: 'Infinity', m: 64, M: 1500 };
const sender = (source: string) => ({ source, sourcePort: 4000, flowLabel: null, spi: null });
const withoutObjects = (message: RsvpMessage): Record<string, Json> => {
  const { objects, ...fields } = describeMessage(decoded(message));
  expect(Array.isArray(objects)).toBe(true);
  return fields;
};
const rsvpFields = { frame: 1, time: '2017-11-01T18:12:39.191153Z', source: '192.0.2.1', destination: '198.51.100.1', protocol: 'rsvp', flags: 0, sendTtl: 255,
  session: { destination: '198.51.100.1', protocol: 17, destinationPort: 5004 }, hop, refreshPeriodMs: 30000, violations: [] };

describe('a line of decode --json', () => {
  it('a registration request', () => {
    const message: SignallingMessage = {
      kind: 'registration-request', flags: ['S', 'T'], lifetimeSeconds: 65535, homeAddress: '10.0.0.7', homeAgent: '192.0.2.9',
      careOfAddress: '198.51.100.1', identification: 0xffff_ffff_ffff_ffffn, nai: null,
      extensions: [authenticationExtension(32, 256, Uint8Array.of(0xa, 0xff))],
    };
    const tunnel = { kind: 'gre' as const, source: '203.0.113.1', destination: '203.0.113.2', key: 7, ports: null };
    const violations = [{ name: 'checksum-wrong', detail: 'the UDP checksum does not add up' }];
    expect(describeMessage(decoded(message, { sourcePort: 5000, destinationPort: 434, tunnels: [tunnel], violations }))).toEqual({
      frame: 1, time: '2017-11-01T18:12:39.191153Z', source: '192.0.2.1', destination: '198.51.100.1', sourcePort: 5000, destinationPort: 434,
      tunnels: [{ kind: 'gre', source: '203.0.113.1', destination: '203.0.113.2', key: 7 }],
      protocol: 'mobile-ip', message: 'registration-request', flags: ['S', 'T'], lifetimeSeconds: 65535, homeAddress: '10.0.0.7',
      homeAgent: '192.0.2.9', careOfAddress: '198.51.100.1', identification: '18446744073709551615',
      extensions: [{ type: 32, name: 'mobile-home-authentication', skippable: false, spi: 256, bytes: '000001000aff' }], violations,
    });
  });

  it('a PATH: sender and tspec, an infinite rate as a word', () => {
    const message = path({ session, hop, refreshPeriodMs: 30_000, sender: sender('192.0.2.1'), tspec });
    expect(withoutObjects(message)).toEqual({ ...rsvpFields, message: 'path', sender: { source: '192.0.2.1', sourcePort: 4000 }, tspec: told });
  });

  it('a RESV of one sender: the flowspec beside it', () => {
    const rspec = { R: 1500, S: 10 };
    const flowDescriptors = [{ flowspec: { ...flowspec, service: 'guaranteed' as const, rspec }, senders: [sender('192.0.2.1')] }];
    expect(withoutObjects(resv({ session, hop, refreshPeriodMs: 30_000, style: 'FF', flowDescriptors }))).toEqual({
      ...rsvpFields, message: 'resv', style: 'FF', sender: { source: '192.0.2.1', sourcePort: 4000 }, service: 'guaranteed', flowspec: told, rspec,
    });
  });

  it('a RESV of several senders: a flowspec in each; WF: one and no sender', () => {
    const shared = { service: 'controlled-load', flowspec: told };
    const se = resv({ session, hop, refreshPeriodMs: 30_000, style: 'SE', flowDescriptors: [{ flowspec, senders: [sender('192.0.2.1'), sender('192.0.2.2')] }] });
    expect(withoutObjects(se)).toEqual({
      ...rsvpFields, message: 'resv', style: 'SE', service: 'controlled-load',
      senders: [{ source: '192.0.2.1', sourcePort: 4000, ...shared }, { source: '192.0.2.2', sourcePort: 4000, ...shared }],
    });
    const wf = resv({ session, hop, refreshPeriodMs: 30_000, style: 'WF', flowDescriptors: [{ flowspec, senders: [] }] });
    expect(withoutObjects(wf)).toEqual({ ...rsvpFields, message: 'resv', style: 'WF', ...shared });
  });

  it('a frame that cannot be read', () => {
    expect(describeMessage({ frame: 9, timeNs: 1n, error: 'cut', offset: 42 })).toEqual({ frame: 9, error: 'cut', offset: 42 });
  });

  it('is plain JSON for any message: nothing is lost on the way through text', () => {
    fc.assert(
      fc.property(fc.oneof(arbitraryRegistration, arbitraryDiscovery, rsvpMessage), (message) => {
        const line = describeMessage(decoded(message));
        // -0 is a float that RSVP can carry and that JSON tells as 0.
        const plain = JSON.parse(JSON.stringify(line), (_, value: unknown) => value) as unknown;
        expect(JSON.stringify(plain)).toBe(JSON.stringify(line));
        expect(line).toMatchObject({ message: message.kind, frame: 1 });
        expect(JSON.stringify(line)).not.toContain('null');
      }),
    );
  });
});

describe('time', () => {
  it.each([
    [0n, 6, '1970-01-01T00:00:00.000000Z'],
    [1_700_000_000_123_456_789n, 9, '2023-11-14T22:13:20.123456789Z'],
    [1_700_000_000_123_456_789n, 3, '2023-11-14T22:13:20.123Z'],
    [1_700_000_000_999_999_999n, 0, '2023-11-14T22:13:20Z'],
    [-1n, 9, '1969-12-31T23:59:59.999999999Z'],
  ])('%d ns in %d digits is %s', (timeNs, digits, text) => {
    expect(formatTime(timeNs, digits)).toBe(text);
  });
});
