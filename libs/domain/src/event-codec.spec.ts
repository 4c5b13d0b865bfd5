import { decodeEvent, eventSchemaVersions, UnreadableEvent } from './event-codec';

describe('decodeEvent', () => {
  test('F15 a known event of a known version becomes the event again', () => {
    expect(decodeEvent('QuarantineEnded', '{"quarantines":["s1"],"occurredAt":"2026-01-01T00:00:00.000Z"}', 1))
      .toEqual({ type: 'QuarantineEnded', quarantines: ['s1'], occurredAt: '2026-01-01T00:00:00.000Z' });
  });
  test('F15 an unknown type stops the fold, and is named', () => {
    expect(() => decodeEvent('Unheard', '{}', 1)).toThrow(new UnreadableEvent('The event type "Unheard" is unknown to this program.'));
  });
  test('F15 a newer schema version stops the fold, and says what to do', () => {
    expect(() => decodeEvent('VisitorLeft', '{}', 2)).toThrow(new UnreadableEvent('VisitorLeft has schema version 2, this program knows 1: use a newer program.'));
    expect(() => decodeEvent('VisitorLeft', '{}', 2)).toThrow(expect.objectContaining({ name: 'UnreadableEvent' }));
  });
  test('every version is a whole number from 1 on', () => {
    expect(Object.values(eventSchemaVersions).every((version) => Number.isInteger(version) && version >= 1)).toBe(true);
  });
});
