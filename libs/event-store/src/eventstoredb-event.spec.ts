import { newEvent } from './contract-ledger.testing';
import { toMirroredEvent } from './eventstoredb-event';
import { toEventData } from './eventstoredb-event-data';
import { throughClient } from './eventstoredb-event.testing';

describe('events on their way through the client', () => {
  it.each([
    ['canonical JSON', '{"a":1,"b":[null,true,"é\\u2028"]}'],
    ['a string', '"x"'],
    ['white space and a number that JavaScript cannot hold', '{ "n": 12345678901234567890 }\n'],
    ['a key twice', '{"a":1,"a":2}'],
    ['keys that JavaScript puts into another order', '{"10":1,"9":2}'],
    ['a lone surrogate, escaped', '"\\ud800"'],
    ['a number with a fraction of nothing', '{"a":1.0}'],
    ['no JSON at all', 'x'],
  ])('keeps %s as it is, as data and as metadata', (_, text) => {
    const event = newEvent({ data: text, metadata: text });
    expect(toMirroredEvent(throughClient(toEventData(event)), 'p.')).toEqual({ ...event, stream: 's-1', revision: 0n, commitPosition: 9n, createdMs: 5 });
  });

  it('sends canonical text as JSON, so that the node\'s own tools show it', () => {
    expect(toEventData(newEvent({ data: '{"a":1}' }))).toMatchObject({ contentType: 'application/json', data: { a: 1 } });
    expect(toEventData(newEvent({ data: '{"a":1.0}' }))).toMatchObject({ contentType: 'application/octet-stream' });
  });

  it('takes over what is the ledger\'s, and nothing else', () => {
    const event = throughClient(toEventData(newEvent()));
    expect(toMirroredEvent(event, 'q.')).toBeNull();
    expect(toMirroredEvent({ ...event, type: '$metadata' }, 'p.')).toBeNull();
    expect(toMirroredEvent({ ...event, streamId: '$settings' }, '')).toBeNull();
    expect(toMirroredEvent({ ...event, id: event.id.toUpperCase(), metadata: undefined }, 'p.')).toMatchObject({ id: event.id, metadata: '{}' });
  });

  it('given another program\'s long name, or one with NUL, shortens it to what no other name becomes', () => {
    const event = throughClient(toEventData(newEvent()));
    const named = (text: string): string => toMirroredEvent({ ...event, streamId: `p.${text}`, type: text }, 'p.')!.stream;
    const long = 'é'.repeat(4_000);
    const kept = [named(`${long}1`), named(`${long}2`), named('a\0'), named('a\ufffd'), named(`${'x'.repeat(199)}${'\u{1f600}'.repeat(999)}`)];
    expect(new Set(kept).size).toBe(kept.length);
    expect(kept.map((each) => each.isWellFormed() && !each.includes('\0') && Buffer.byteLength(each) <= 1_024)).toEqual(kept.map(() => true));
    expect(named(`${long}1`)).toBe(kept[0]);
    expect(named('é'.repeat(512))).toBe('é'.repeat(512));
    expect(toMirroredEvent({ ...event, type: long }, 'p.')!.type).toMatch(/^é{200}~[0-9a-f]{64}$/);
  });
});
