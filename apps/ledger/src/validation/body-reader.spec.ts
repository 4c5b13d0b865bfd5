import 'reflect-metadata';
import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';
import fc from 'fast-check';
import { ConfigureQosSession, ProvisionForeignAgent, RegisterMobileNode, ReleaseQosSession } from '#ledger';
import { BodyReader } from './body-reader';
import { bodySchema, definitionOf, type BodyClass, type JsonSchema } from './json-schema';

const configure = { foreignAgent: 'fa-1', careOfAddress: '198.51.100.1', mobileNode: 'mn-1', flow: { correspondentNode: '192.0.2.7', protocol: 17, destinationPort: 5004, sourcePort: 4000 } };
const faultsOf = (bodyClass: BodyClass, json: unknown): unknown[] => [...new BodyReader(bodyClass).read(json).faults];

describe('reading a body', () => {
  it('makes the command of it', () => {
    const { body } = new BodyReader(ConfigureQosSession).read({ ...configure, tspec: { r: 1, b: 2, p: 'Infinity', m: 0, M: 1500 } });
    expect(body).toBeInstanceOf(ConfigureQosSession);
    expect(body).toMatchObject({ ...configure, tspec: { p: 'Infinity' } });
  });

  it('tells every fault at once, each with its pointer and a sentence', () => {
    const flow = { correspondentNode: '10.1', protocol: 256, destinationPort: '5004', surprise: 1 };
    expect(faultsOf(ConfigureQosSession, { ...configure, foreignAgent: undefined, mobileNode: 7, flow, style: 'XX', replaces: 'urn:uuid:x' })).toEqual(
      expect.arrayContaining([
        { pointer: '/foreignAgent', detail: 'The field is missing.' },
        { pointer: '/mobileNode', detail: 'The value must be a text.' },
        { pointer: '/flow/correspondentNode', detail: 'The value must be an IPv4 or IPv6 address, without zone, leading zeros or an IPv4 address mapped into IPv6.' },
        { pointer: '/flow/protocol', detail: 'The value must be a whole number from 0 to 255.' },
        { pointer: '/flow/destinationPort', detail: 'The value must be a whole number from 0 to 65535.' },
        { pointer: '/flow/surprise', detail: 'No field of this name is known here.' },
        { pointer: '/style', detail: 'The value must be one of FF, SE, WF.' },
        { pointer: '/replaces', detail: 'The value must be a UUID.' },
      ]),
    );
    expect(faultsOf(ConfigureQosSession, { ...configure, tspec: 5 })).toEqual([{ pointer: '/tspec', detail: 'The value must be an object.' }]);
  });

  it.each([undefined, null, [], 'x', 7])('refuses %p as a body', (json) => {
    expect(faultsOf(ProvisionForeignAgent, json)).toEqual([{ pointer: '', detail: 'The value must be an object.' }]);
  });

  it('accepts only an empty object where a command has no fields', () => {
    expect(new BodyReader(ReleaseQosSession).read({}).body).toBeInstanceOf(ReleaseQosSession);
    expect(faultsOf(ReleaseQosSession, { sessionId: 'x' })).toEqual([{ pointer: '/sessionId', detail: 'No field of this name is known here.' }]);
  });

  it('F25 refuses every spelling of an address but the correct ones, and makes the correct ones one', () => {
    for (const careOfAddress of ['010.0.0.1', '10.1', '::ffff:10.0.0.1', 'fe80::1%eth0', '１０.0.0.1', ' 10.0.0.1', '10.0.0.1/32', '']) {
      expect(faultsOf(ConfigureQosSession, { ...configure, careOfAddress })).toHaveLength(1);
    }
    const flow = { ...configure.flow, correspondentNode: '2001:DB8:0::0:7' };
    const { body } = new BodyReader(ConfigureQosSession).read({ ...configure, careOfAddress: '2001:DB8:0:0::1', mobileNode: '2001:DB8::A@2001:0db8::b', flow });
    expect(body).toMatchObject({ careOfAddress: '2001:db8::1', mobileNode: '2001:db8::a@2001:db8::b', flow: { correspondentNode: '2001:db8::7' } });
  });

  it('takes null for an optional field as no field, but null for a pool as an empty one', () => {
    const { body } = new BodyReader(ProvisionForeignAgent).read({ name: null, pools: { greKey: null }, policy: { quarantineSeconds: null } });
    expect(body).toEqual(Object.assign(new ProvisionForeignAgent(), { pools: { greKey: null }, policy: {} }));
    expect(body).not.toHaveProperty('name');
  });

  it('takes any quarantine that ends while years have four digits, and says how long that is', () => {
    for (const quarantineSeconds of [0, 0.5, 31_536_001, 250_000_000_000]) {
      expect(new BodyReader(ProvisionForeignAgent).read({ policy: { quarantineSeconds } }).body).toMatchObject({ policy: { quarantineSeconds } });
    }
    for (const quarantineSeconds of [250_000_000_001, 1e300]) {
      expect(faultsOf(ProvisionForeignAgent, { policy: { quarantineSeconds } })).toEqual([{ pointer: '/policy/quarantineSeconds', detail: expect.stringContaining('250000000000') }]);
    }
    expect(faultsOf(ProvisionForeignAgent, { policy: { quarantineSeconds: -1 } })).toHaveLength(1);
  });

  it('judges the reserved values of a pool', () => {
    const reserved = [{ first: 50, last: 60 }, { first: 60, last: 70 }, { first: 4, last: 9 }, { first: 8, last: 7 }];
    expect(faultsOf(ProvisionForeignAgent, { pools: { sourcePort: { first: 5, last: 100, reserved: reserved.slice(0, 1) } } })).toEqual([]);
    const faultOf = (...spans: number[]): unknown =>
      faultsOf(ProvisionForeignAgent, { pools: { sourcePort: { first: 5, last: 100, reserved: spans.map((i) => reserved[i]) } } });
    expect(faultOf(0, 1)).toEqual([{ pointer: '/pools/sourcePort/reserved/1', detail: 'The field overlaps entry 0.' }]);
    expect(faultOf(2)).toEqual([{ pointer: '/pools/sourcePort/reserved/0', detail: 'What is reserved lies within 5 to 100.' }]);
    expect(faultOf(3)).toEqual([{ pointer: '/pools/sourcePort/reserved/0', detail: 'The first reserved value must not be greater than the last.' }]);
  });

  it('judges pools and repeated addresses across fields', () => {
    const pools = { sourcePort: { first: 5, last: 4 }, destinationPort: { first: 1, last: 65536 }, flowLabel: { first: 1, last: 2 } };
    expect(faultsOf(ProvisionForeignAgent, { careOfAddresses: ['2001:db8::1', '2001:DB8::1'], pools })).toEqual([
      { pointer: '/careOfAddresses/1', detail: 'The address is the same as entry 0.' },
      { pointer: '/pools/sourcePort', detail: 'The first value of a pool must not be greater than the last.' },
      { pointer: '/pools/destinationPort', detail: 'A pool of destinationPort lies within 1 to 65535.' },
    ]);
  });
});

/** Bodies near the valid ones: every field absent, null, right, beside a bound, or of another type. */
function near(schema: JsonSchema): fc.Arbitrary<unknown> {
  const own = schema.anyOf?.[0] ?? schema;
  if (own.$ref !== undefined) return near(definitionOf(own.$ref));
  if (own.items) return fc.array(near(own.items), { maxLength: 3 });
  if (!own.properties) return fc.oneof({ weight: 30, arbitrary: right(own) }, { weight: 1, arbitrary: wrong(own) });
  const members = Object.fromEntries(Object.entries(own.properties).map(([name, field]) => [name, member(field)]));
  const whole = fc.record(members, { requiredKeys: [...(own.required ?? [])] });
  const partial = fc.record(members, { requiredKeys: [] });
  const more = whole.map((value) => ({ ...value, unknown: 1 }));
  return fc.oneof({ weight: 20, arbitrary: whole }, { weight: 1, arbitrary: partial }, { weight: 1, arbitrary: more });
}

/** A list where an object belongs, and an object that is missing, are told by the schema alone: class-validator looks into neither. */
function member(field: JsonSchema): fc.Arbitrary<unknown> {
  const required = field.$ref !== undefined;
  return fc.oneof({ weight: 30, arbitrary: near(field) }, { weight: 1, arbitrary: required ? fc.constantFrom('x', 5) : fc.constantFrom(null, 'x', 5, false) });
}

const formats: Readonly<Record<string, readonly unknown[]>> = {
  address: ['192.0.2.1', '2001:DB8::1'],
  unsigned64: ['0', '18446744073709551615'],
  rate: [0, 1e9, 'Infinity'],
  uuid: ['6f1de8c4-6d1b-4d43-9f0e-2a8f3f6c1c11'],
};

function right({ enum: values, format, type, minimum = 0, maximum }: JsonSchema): fc.Arbitrary<unknown> {
  if (values) return fc.constantFrom(...values);
  if (format !== undefined) return fc.constantFrom(...formats[format]!);
  if ([type].flat().includes('integer')) return fc.constantFrom(minimum, maximum, minimum + 1);
  if ([type].flat().includes('number')) return fc.constantFrom(minimum, maximum, 0.5);
  return [type].flat().includes('boolean') ? fc.boolean() : fc.constantFrom('fa-1', 'a:b.c');
}

function wrong({ minimum = 0, maximum = 0 }: JsonSchema): fc.Arbitrary<unknown> {
  return fc.constantFrom(minimum - 1, maximum + 1, 1.5, -1, 'fa 1', '', '010.0.0.1', '-1', '18446744073709551616', 'infinity', [], {}, true, null, 1e39);
}

const leaves = (errors: readonly ValidationError[], path = ''): string[] =>
  errors.flatMap(({ property, constraints, children }) => [...(constraints ? [`${path}/${property}`] : []), ...leaves(children ?? [], `${path}/${property}`)]);

/** What an entry of a plain list breaks is told by the decorator at the list. */
const fields = (pointers: readonly string[]): string[] => [...new Set(pointers.map((pointer) => pointer.replace(/(careOfAddresses|flags)\/\d+$/, '$1')))].sort();

describe('a flow', () => {
  it('is judged by the domain, each fault with its pointer and a sentence', () => {
    const flow = { correspondentNode: '2001:db8::7', protocol: 17, destinationPort: 5004, spi: 9 };
    expect(faultsOf(ConfigureQosSession, { ...configure, flow })).toEqual([
      { pointer: '/flow/spi', detail: 'Protocol 17 has no SPI; ESP is 50, AH is 51.' },
      { pointer: '/flow/correspondentNode', detail: 'The field must be an IPv4 address, as the care-of address is.' },
    ]);
    expect(faultsOf(ConfigureQosSession, { ...configure, flow: { protocol: 17 }, style: 'WF' })).toEqual([
      { pointer: '/flow/destinationPort', detail: 'The field is required: WF names a destination port.' },
    ]);
  });
});

describe('the compiled schema and the decorators', () => {
  it.each<[string, BodyClass]>([
    ['ConfigureQosSession', ConfigureQosSession],
    ['ProvisionForeignAgent', ProvisionForeignAgent],
    ['RegisterMobileNode', RegisterMobileNode],
  ])('agree on %s, field by field', (_, bodyClass) => {
    const reader = new BodyReader(bodyClass);
    const verdicts = { accepted: 0, refused: 0 };
    fc.assert(
      fc.property(near(bodySchema(bodyClass)), (json) => {
        const decorated = validateSync(plainToInstance(bodyClass, structuredClone(json)), { whitelist: true, forbidNonWhitelisted: true });
        const told = reader.fieldFaults(json);
        const missingObjects = told.filter((fault) => 'pointer' in fault && fault.pointer === '/flow' && fault.detail === 'The field is missing.');
        const bySchema = told.filter((fault) => !missingObjects.includes(fault)).map((fault) => ('pointer' in fault ? fault.pointer : ''));
        expect(fields(bySchema)).toEqual(fields(leaves(decorated)));
        verdicts[decorated.length > 0 ? 'refused' : 'accepted'] += 1;
      }),
      { numRuns: 2000 },
    );
    expect(Math.min(verdicts.accepted, verdicts.refused)).toBeGreaterThan(100);
  });
});
