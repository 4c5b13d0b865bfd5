import type { AllStreamRecordedEvent } from '@eventstore/db-client';
import fc from 'fast-check';
import { newEvent } from './contract-ledger.testing';
import { maximumAppendBytes, type RecordedEvent } from './event-store';
import { toMirroredEvent } from './eventstoredb-event';
import { toEventData } from './eventstoredb-event-data';
import { throughClient } from './eventstoredb-event.testing';
import { toImportedEventData } from './eventstoredb-imported-event';

const copiedAt = new Date('2026-01-01T00:00:00.000Z');
const recorded = (event: Partial<RecordedEvent> = {}): RecordedEvent =>
  ({ ...newEvent(), position: 7n, stream: 's-1', revision: 0n, recordedAt: '2020-02-29T12:00:00.123Z', ...event });
const mirrored = (event: AllStreamRecordedEvent, created = copiedAt): ReturnType<typeof toMirroredEvent> => toMirroredEvent({ ...event, created }, 'p.');
const kept = ({ id, type, data, metadata, stream, revision, recordedAt }: RecordedEvent): object =>
  ({ id, type, data, metadata, stream, revision, commitPosition: 9n, createdMs: Date.parse(recordedAt) });

describe('an event that an import copies', () => {
  it.each([
    ['no members', '{}'],
    ['members', '{"batchEnd":"4","commandId":"x"}'],
    ['white space', '{ "a" : 1 }\n'],
    ['white space alone', '{ }'],
    ['members that JavaScript puts into another order', '{"10":1,"9":2}'],
    ['a member twice', '{"a":1,"a":2}'],
    ['the reserved member itself', '{"qosLedgerImported":"2001-01-01T00:00:00.000Z","a":1}'],
    ['the reserved member with parts', '{"qosLedgerImported":["2001-01-01T00:00:00.000Z","{}"]}'],
    ['an array', '[1]'],
    ['a string', '"x"'],
    ['no JSON', '{x'],
    ['nothing', ''],
  ])('given metadata of %s, comes out as it is, with its time', (_, text) => {
    const event = recorded({ metadata: text, data: text });
    const { event: sent, bytes } = toImportedEventData(event);
    expect(mirrored(throughClient(sent))).toEqual(kept(event));
    expect(bytes).toBe(Buffer.byteLength(event.data) + (sent.metadata as Uint8Array).length);
  });

  it('given any texts and time, comes out as it is', () => {
    const text = fc.oneof(fc.json(), fc.string({ unit: 'binary' }).filter((each) => !each.includes('\0') && each.isWellFormed()), fc.constantFrom('{}', '{"qosLedgerImported":'));
    const time = fc.date({ min: new Date('0001-01-01T00:00:00.000Z'), max: copiedAt, noInvalidDate: true });
    fc.assert(fc.property(text, text, time, (data, metadata, at) => {
      const event = recorded({ data, metadata, recordedAt: at.toISOString() });
      expect(mirrored(throughClient(toImportedEventData(event).event))).toEqual(kept(event));
    }), { numRuns: 1_000 });
  });

  it.each([
    ['a payload', (bytes: number) => ({ metadata: '{}', data: JSON.stringify('x'.repeat(bytes - 4)) })],
    ['metadata', (bytes: number) => ({ data: '{}', metadata: JSON.stringify({ a: '"'.repeat((bytes - 10) / 2) }) })],
    ['text that repeats nothing', (bytes: number) => ({ metadata: '{}', data: hardToCompress(bytes - 2) })],
  ])('given %s of as much as an append takes, has room for its time and loses nothing', (_, texts) => {
    const event = recorded(texts(maximumAppendBytes));
    expect(Buffer.byteLength(event.data) + Buffer.byteLength(event.metadata)).toBe(maximumAppendBytes);
    const { event: sent, bytes } = toImportedEventData(event);
    expect(bytes).toBeLessThanOrEqual(maximumAppendBytes);
    expect(bytes).toBe((sent.data as Uint8Array).length + (sent.metadata as Uint8Array).length);
    expect(mirrored(throughClient(sent))).toEqual(kept(event));
  });

  it('shows in the node as JSON, with the member in front', () => {
    const { event } = toImportedEventData(recorded({ data: '{"a":1}', metadata: '{"b":"2"}' }));
    expect(event).toMatchObject({ contentType: 'application/json', data: { a: 1 } });
    expect(Buffer.from(event.metadata as Uint8Array).toString()).toBe('{"qosLedgerImported":"2020-02-29T12:00:00.123Z","b":"2"}');
  });
});

describe('the reserved member', () => {
  it.each([
    '{"qosLedgerImported":"2020-02-29T12:00:00.123Z","a":"1"}',
    '{"qosLedgerImported":["2020-02-29T12:00:00.123Z","{}"]}',
  ])('given metadata of an append that look like an import\'s (%s), are that append\'s', (metadata) => {
    const event = newEvent({ metadata });
    expect(mirrored(throughClient(toEventData(event)))).toMatchObject({ metadata, createdMs: copiedAt.getTime() });
  });

  it.each([
    ['a day that is none', '{"qosLedgerImported":"2020-02-30T12:00:00.123Z"}'],
    ['no time', '{"qosLedgerImported":5,"a":1}'],
    ['other parts', '{"qosLedgerImported":["2020-02-29T12:00:00.123Z","{}",1]}'],
    ['a payload that is not compressed', '{"qosLedgerImported":["2020-02-29T12:00:00.123Z",null]}'],
    ['more beside its parts', '{"qosLedgerImported":["2020-02-29T12:00:00.123Z","{}"],"a":1}'],
    ['a time too far ahead of the node\'s own, to which all that follows would rise', '{"qosLedgerImported":"2026-01-03T00:00:00.000Z"}'],
  ])('given %s from another program, is a member like any other', (_, metadata) => {
    const event = throughClient({ ...toEventData(newEvent({ data: 'bytes' })), metadata: new Uint8Array(Buffer.from(metadata)) });
    expect(mirrored(event)).toMatchObject({ metadata, data: 'bytes', createdMs: copiedAt.getTime() });
  });

  it('given a payload that unpacks to more than any import writes, is a member like any other', () => {
    const [event, large] = [recorded(), recorded({ data: 'x'.repeat(2 * maximumAppendBytes) })];
    const { data, metadata } = toImportedEventData(large).event;
    expect(mirrored(throughClient({ ...toEventData(event), contentType: 'application/octet-stream', data: data as Uint8Array, metadata: metadata! }))).toMatchObject({
      metadata: Buffer.from(metadata as Uint8Array).toString(), createdMs: copiedAt.getTime(),
    });
  });
});

/** Random characters of all lengths that UTF-8 has, each as often as makes its bytes say most. */
function hardToCompress(bytes: number): string {
  let state = 42;
  const random = (below: number): number => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) % below;
  const characters: string[] = [];
  let left = bytes;
  while (left > 4) {
    const dice = random(1_000);
    const code = dice < 887 ? 1 + random(127) : dice < 980 ? 0x80 + random(0x780) : 0x10000 + random(0x100000);
    const character = String.fromCodePoint(code);
    characters.push(character);
    left -= Buffer.byteLength(character);
  }
  return characters.join('') + 'x'.repeat(left);
}
