import fc from 'fast-check';
import { formatIpAddress } from '../ip-address';
import type { Adspec, FlowDescriptor, Flowspec, RsvpMessage, RsvpObject, RsvpSender, RsvpSession, TokenBucket } from '../messages';
import { path, pathErr, pathTear, resv, resvConf, resvErr, resvTear, rsvpMessageOf, sessionAssocObject } from './rsvp-messages';
import { rsvpObject } from './rsvp-object';
import type { Style } from './style';

const u8 = fc.integer({ min: 0, max: 0xff });
const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const address = (ipv6: boolean): fc.Arbitrary<string> =>
  fc.uint8Array({ minLength: ipv6 ? 16 : 4, maxLength: ipv6 ? 16 : 4 }).map(formatIpAddress);
const float = fc.oneof(
  fc.float({ noNaN: true, min: 0 }),
  // What real senders put there: infinity, a denormal of swapped bytes.
  fc.constantFrom(Infinity, Math.fround(7.41689e-39), 0, 6000),
);
const words = fc.array(u32, { maxLength: 6 }).map((list) => {
  const bytes = new Uint8Array(list.length * 4);
  list.forEach((word, index) => new DataView(bytes.buffer).setUint32(index * 4, word));
  return bytes;
});

export const tokenBucket: fc.Arbitrary<TokenBucket> = fc.record({ r: float, b: float, p: float, m: u32, M: u32 });

const flowspec: fc.Arbitrary<Flowspec> = fc.oneof(
  fc.record({ service: fc.constant('controlled-load' as const), tspec: tokenBucket, rspec: fc.constant(null) }),
  fc.record({ service: fc.constant('guaranteed' as const), tspec: tokenBucket, rspec: fc.record({ R: float, S: u32 }) }),
);

const nullable = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(value);

const adspec: fc.Arbitrary<Adspec> = fc.record({
  breakBit: fc.boolean(),
  hops: nullable(u32),
  bandwidth: nullable(float),
  latencyMicroseconds: nullable(u32),
  pathMtu: nullable(u32),
  guaranteed: nullable(
    fc.record({ breakBit: fc.boolean(), Ctot: nullable(u32), Dtot: nullable(u32), Csum: nullable(u32), Dsum: nullable(u32) }),
  ),
  controlledLoad: nullable(fc.record({ breakBit: fc.boolean() })),
});

const session = (ipv6: boolean, generalized: boolean): fc.Arbitrary<RsvpSession> =>
  fc.record({ destination: address(ipv6), protocol: u8, destinationPort: u16, generalized: fc.constant(generalized), flags: u8 });

const none = { sourcePort: null, flowLabel: null, spi: null };

function sender(ipv6: boolean, generalized: boolean): fc.Arbitrary<RsvpSender> {
  const source = address(ipv6);
  if (generalized) return fc.record({ source, spi: u32 }).map((fields) => ({ ...none, ...fields }));
  const port = fc.record({ source, sourcePort: u16 }).map((fields) => ({ ...none, ...fields }));
  const label = fc.record({ source, flowLabel: fc.integer({ min: 0, max: 0xf_ffff }) }).map((fields) => ({ ...none, ...fields }));
  return ipv6 ? fc.oneof(port, label) : port;
}

function reservation(from: fc.Arbitrary<RsvpSender>): fc.Arbitrary<{ style: Style; flowDescriptors: FlowDescriptor[] }> {
  const fixed = fc.record({ flowspec, senders: from.map((one) => [one]) });
  const shared = fc.record({ flowspec, senders: fc.array(from, { minLength: 1, maxLength: 5 }) });
  const wildcard = fc.record({ flowspec, senders: fc.constant([] as RsvpSender[]) });
  return fc.oneof(
    fc.record({ style: fc.constant('FF' as const), flowDescriptors: fc.array(fixed, { minLength: 1, maxLength: 4 }) }),
    fc.record({ style: fc.constant('SE' as const), flowDescriptors: fc.array(shared, { minLength: 1, maxLength: 2 }) }),
    fc.record({ style: fc.constant('WF' as const), flowDescriptors: fc.array(wildcard, { minLength: 1, maxLength: 1 }) }),
  );
}

/** Objects that are carried but not read: policy, NODE_CHAR, INTEGRITY, vendor classes of each of the three actions. */
const opaqueObject: fc.Arbitrary<RsvpObject> = fc
  .tuple(fc.constantFrom(4, 14, 128, 124, 188, 252), u8, words)
  .map(([classNumber, cType, bytes]) => rsvpObject(classNumber, cType, bytes));

/** Every field that any of the seven constructors takes; each picks its own. */
function fieldsOf(ipv6: boolean, generalized: boolean) {
  const from = sender(ipv6, generalized);
  const hop = fc.record({ address: address(ipv6), lih: u32 });
  return fc
    .record({
      session: session(ipv6, generalized),
      sender: from,
      tspec: tokenBucket,
      hop,
      refreshPeriodMs: u32,
      sendTtl: u8,
      error: fc.record({ node: address(ipv6), flags: u8, code: u8, value: u16 }),
      confirm: fc.record({ receiver: address(ipv6) }),
      scope: fc.array(address(ipv6), { minLength: 1, maxLength: 4 }),
      moreObjects: fc.array(opaqueObject, { maxLength: 3 }),
      reservation: reservation(from),
    })
    .chain((fields) =>
      fc.record({ adspec, sessionAssoc: fc.record({ session: session(ipv6, generalized), sender: from }) }, { requiredKeys: [] }).map((more) => ({
        ...fields,
        ...fields.reservation,
        ...more,
      })),
    );
}

/** Any message that the constructors make, of both families, of ports, labels and SPIs. */
export const rsvpMessage: fc.Arbitrary<RsvpMessage> = fc
  .tuple(fc.boolean(), fc.boolean())
  .chain(([ipv6, generalized]) => fieldsOf(ipv6, generalized))
  .chain((fields) =>
    fc.constantFrom(
      () => path(fields),
      () => resv(fields),
      () => pathErr(fields),
      () => resvErr(fields),
      () => pathTear(fields),
      () => resvTear(fields),
      () => resvConf(fields),
      () => rsvpMessageOf('srefresh', fields.moreObjects),
      () => rsvpMessageOf('path', fields.sessionAssoc === undefined ? [] : [sessionAssocObject(fields.sessionAssoc)]),
    ),
  )
  .map((make) => make());
