import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { decodeEvent, eventSchemaVersions, UnreadableEvent } from './event-codec';
import { eventShapes } from './event-shapes';

describe('decodeEvent', () => {
  test('F15 a known event of a known version becomes the event again', () => {
    expect(decodeEvent('QuarantineEnded', '{"quarantines":["s1"],"occurredAt":"2026-01-01T00:00:00.000Z"}', 1))
      .toEqual({ type: 'QuarantineEnded', quarantines: ['s1'], occurredAt: '2026-01-01T00:00:00.000Z' });
  });
  test('F15 an unknown type stops the fold, and is named', () => {
    expect(() => decodeEvent('Unheard', '{}', 1)).toThrow(new UnreadableEvent('The event type "Unheard" is unknown to this program.'));
  });
  test.each([
    ['QosSessionReleased', 'mobileNode'], ['RegistrationAccepted', 'flowTable'], ['VisitorLeft', 'foreignAgents'], ['ForeignAgentLearned', 'mobileNode'], ['VisitorLeft', 'elsewhere'],
  ])('F15 %s, which streams of the category %s do not have, stops the fold', (type, category) => {
    expect(() => decodeEvent(type, '{}', 1, category)).toThrow(new UnreadableEvent(`${type} is no event of a stream of the category "${category}".`));
  });
  test('F15 a newer schema version stops the fold, and says what to do', () => {
    expect(() => decodeEvent('VisitorLeft', '{}', 2)).toThrow(new UnreadableEvent('VisitorLeft has schema version 2, this program knows 1: use a newer program.'));
    expect(() => decodeEvent('VisitorLeft', '{}', 2)).toThrow(expect.objectContaining({ name: 'UnreadableEvent' }));
  });
  test.each([
    ['is no object', 'QuarantineEnded', '[]', 'the payload is no object'],
    ['lacks a field', 'QuarantineEnded', '{"occurredAt":"2026-01-01T00:00:00.000Z"}', 'quarantines is missing'],
    ['has a field of another kind', 'QuarantineEnded', '{"quarantines":"s1","occurredAt":"2026-01-01T00:00:00.000Z"}', 'quarantines is not a list of texts'],
    ['has null where a value belongs', 'QuarantineEnded', '{"quarantines":null,"occurredAt":"2026-01-01T00:00:00.000Z"}', 'quarantines is not a list of texts'],
    ['has a time that is none', 'QuarantineEnded', '{"quarantines":[],"occurredAt":"2026-13-01T00:00:00.000Z"}', 'occurredAt is not a time'],
    ['has a number where text belongs', 'VisitorLeft', '{"mobileNode":"m","cause":"reboot","registrationRevision":7,"occurredAt":"2026-01-01T00:00:00.000Z"}', 'registrationRevision is not a whole number as text'],
  ])('F15 a payload that %s stops the fold, and the field is named', (_case, type, data, fault) => {
    expect(() => decodeEvent(type, data, 1)).toThrow(new UnreadableEvent(`The payload of ${type} is not that of one: ${fault}.`));
  });
  test('F15 of every recorded event each field that must be there is missed', () => {
    const folder = path.join(__dirname, 'golden');
    const lines = readdirSync(folder).flatMap((file) => readFileSync(path.join(folder, file), 'utf8').trimEnd().split('\n').slice(1, -1));
    const events = lines.map((line) => JSON.parse(line) as { type: keyof typeof eventShapes; schemaVersion: number; data: Record<string, unknown> });
    const byType = new Map(events.map((event) => [event.type, event]));
    expect([...byType.keys()].sort()).toEqual(Object.keys(eventShapes).sort());
    for (const { type, schemaVersion, data } of byType.values()) {
      for (const [field, kind] of Object.entries(eventShapes[type] as Record<string, string>)) {
        const read = (changed: object) => () => decodeEvent(type, JSON.stringify({ ...data, ...changed }), schemaVersion);
        if (kind.startsWith('?')) expect(read({ [field]: undefined })).not.toThrow();
        else expect(read({ [field]: undefined })).toThrow(`${field} is missing`);
        expect(read({ [field]: kind.includes('boolean') ? 1 : true })).toThrow(`${field} is not`);
      }
    }
  });
  test('every version is a whole number from 1 on', () => {
    expect(Object.values(eventSchemaVersions).every((version) => Number.isInteger(version) && version >= 1)).toBe(true);
  });
});
