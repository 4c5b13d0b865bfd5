import { faultOfPayload } from './check-payload';
import { eventShapes } from './event-shapes';
import type { LedgerEventType } from './events';
import { lives, meetings } from './golden-streams.testing';

/** One event of each type, as it is written today. */
const events = [...Object.values(lives).flatMap((life) => life().flat()), ...meetings()];
const payloads = new Map(events.map(({ type, ...payload }) => [type, JSON.parse(JSON.stringify(payload)) as Readonly<Record<string, unknown>>]));

const faultWith = (type: LedgerEventType, field: string, value: unknown): string | null => faultOfPayload(type, { ...payloads.get(type), [field]: value });

const tspec = { r: 1, b: 2, p: 3, m: 4, M: 5 };

interface Kind {
  readonly of: readonly [LedgerEventType, field: string];
  readonly called: string;
  readonly are: readonly unknown[];
  /** Besides null. */
  readonly areNot: readonly unknown[];
}

const kinds: Readonly<Record<string, Kind>> = {
  text: { of: ['VisitorLeft', 'mobileNode'], called: 'text', are: ['', 'mn-1'], areNot: [1, true, [], {}] },
  time: {
    of: ['VisitorLeft', 'occurredAt'], called: 'a time', are: ['2026-01-01T00:00:00.000Z', '2026-01-01T01:00:00+01:00'],
    areNot: ['', 'tomorrow', '2026-13-01T00:00:00.000Z', 2026, 1_767_225_600_000, true, [], {}],
  },
  decimal: {
    of: ['VisitorLeft', 'registrationRevision'], called: 'a whole number as text', are: ['0', '7', '-1', '18446744073709551615'],
    areNot: ['', '-', '1.5', '0x1f', '1e3', ' 1', '1 ', '+1', '1-', '--1', '1n', 7, true, ['7'], {}],
  },
  number: { of: ['QosSessionConfigured', 'refreshPeriodMs'], called: 'a number', are: [0, -1, 1.5], areNot: ['', '1', true, [], {}] },
  boolean: { of: ['QosSessionConfigured', 'reclaimed'], called: 'true or false', are: [true, false], areNot: [0, 1, '', 'true', [], {}] },
  texts: { of: ['QuarantineEnded', 'quarantines'], called: 'a list of texts', are: [[], [''], ['a', 'b']], areNot: ['a', {}, 1, true, [1], ['a', 1], [1, 'a'], [null], [['a']]] },
  list: { of: ['QosSessionConfigured', 'matched'], called: 'a list of objects', are: [[], [{}], [{ a: 1 }, {}]], areNot: [{}, 'a', 1, true, ['a'], [{}, 1], [1, {}], [null], [[]]] },
  object: { of: ['ScopeProvisioned', 'policy'], called: 'an object', are: [{}, { a: 1 }], areNot: [[], [{}], '', 1, true] },
  flow: {
    of: ['QosSessionConfigured', 'flow'], called: 'a flow', are: [{ protocol: 17 }, { protocol: 17, senders: [] }, { protocol: 17, senders: [{}] }],
    areNot: [{}, { protocol: '17' }, { protocol: null }, { senders: [] }, { protocol: 17, senders: {} }, { protocol: 17, senders: null }, { protocol: 17, senders: 'a' }, [], '17', 17, true],
  },
  id: { of: ['QosSessionConfigured', 'requested'], called: 'a flow id', are: [{ destination: '' }, { destination: '198.51.100.1', protocol: 17 }], areNot: [{}, { destination: 1 }, { destination: null }, [], '', 1, true] },
  tspec: {
    of: ['QosSessionConfigured', 'tspec'], called: 'a token bucket', are: [tspec, { ...tspec, r: '-0', b: 'NaN', p: 'Infinity' }, { ...tspec, r: '-Infinity', m: 0 }],
    areNot: [
      {}, [], '', 1, true, { ...tspec, p: 'infinite' },
      ...Object.keys(tspec).flatMap((field) => [{ ...tspec, [field]: undefined }, { ...tspec, [field]: '1' }, { ...tspec, [field]: null }]),
    ],
  },
};

describe('F15 the payload of an event is checked before it is believed', () => {
  test.each(Object.values(kinds))('what is $called, and what is not', ({ of: [type, field], called, are, areNot }) => {
    for (const value of are) expect([value, faultWith(type, field, value)]).toEqual([value, null]);
    for (const value of areNot) expect([value, faultWith(type, field, value)]).toEqual([value, `${field} is not ${called}`]);
  });
  test.each([null, [], [{}], 'text', 7, undefined])('%j is no payload', (payload) => {
    expect(faultOfPayload('VisitorLeft', payload)).toBe('the payload is no object');
  });
  test('the first fault, in the order of the table, is told', () => {
    expect(faultOfPayload('VisitorLeft', {})).toBe('mobileNode is missing');
    expect(faultOfPayload('VisitorLeft', { mobileNode: 'mn-1', cause: 7, occurredAt: 7 })).toBe('cause is not text');
  });

  const types = Object.keys(eventShapes) as LedgerEventType[];
  test.each(types)('%s as it is written today has no fault, and no field that the table does not know', (type) => {
    for (const event of events.filter((each) => each.type === type)) {
      const { type: _, ...payload } = JSON.parse(JSON.stringify(event)) as Readonly<Record<string, unknown>>;
      expect(faultOfPayload(type, payload)).toBeNull();
      expect(Object.keys(eventShapes[type])).toEqual(expect.arrayContaining(Object.keys(payload)));
    }
  });
  test.each(types)('%s: only what the table lets be absent may be missing, only what it lets be null may be null, nothing may be of another kind', (type) => {
    expect(payloads.get(type)).toBeDefined();
    for (const [field, kind] of Object.entries(eventShapes[type] as Readonly<Record<string, string>>)) {
      const { called } = kinds[kind.replace('?', '').replace('|null', '')]!;
      expect([field, faultWith(type, field, undefined)]).toEqual([field, kind.startsWith('?') ? null : `${field} is missing`]);
      expect([field, faultWith(type, field, null)]).toEqual([field, kind.endsWith('|null') ? null : `${field} is not ${called}`]);
      expect([field, faultWith(type, field, kind.includes('boolean') ? 1 : true)]).toEqual([field, `${field} is not ${called}`]);
    }
  });
});
